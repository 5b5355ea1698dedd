package import ChatModel
import ChatService
package import HTTPRouting

extension ImportBatch: SchemaDescribing {
    package static let schemaDescription = SchemaRefinement(properties: [
        "source": .init(
            "The server or export that the ids are of; the same at each import of it.", minimumLength: 1,
            maximumLength: ChatService.ImportLimits.source, example: "slack"),
        "match": .init(
            "Which account that exists is a person that comes for the first time; left out, none is."),
        "users": .init(
            "People without passwords. A handle that is taken gets a number.",
            maximumItems: ChatService.ImportLimits.users),
        "channels": .init(
            "A public one whose name a public one has is that one; another name that is taken gets a number.",
            maximumItems: ChatService.ImportLimits.channels),
        "messages": .init(
            "In their order. What `thread` names came before or stands in the same request.",
            maximumItems: ChatService.ImportLimits.messages),
        "members": .init(
            "Best sent after the messages: who comes has read what is there.",
            maximumItems: ChatService.ImportLimits.members),
    ])
}

extension RestAPI {
    var imports: [Route<Principal>] {
        [
            .post(
                "/v1/admin/import", "Bring in what another server held, each thing once", tag: "import",
                body: ImportBatch.self, returns: ImportOutcome.self
            ) { context, batch in
                try await service.importBatch(batch, by: context.principal)
            }
        ]
    }
}
