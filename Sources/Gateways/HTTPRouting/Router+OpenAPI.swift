import Foundation
import HTTPTypes

extension Router {
    /// The OpenAPI 3.1 document of all routes, in JSON; the same routes give the same bytes.
    package func openAPI(title: String, version: String) -> [UInt8] {
        let recorder = SchemaRecorder()
        var paths: [String: [String: Any]] = [:]
        for route in routes {
            let template = route.template.split(separator: "*}", omittingEmptySubsequences: false).joined(
                separator: "}")
            paths[template, default: [:]][route.method.rawValue.lowercased()] = operation(route, recorder)
        }
        // The recorder has met every type by now.
        let inputs = inputs(recorder)
        var schemas = Dictionary(
            uniqueKeysWithValues: recorder.components.map { ($0, $1.json(isInput: inputs.contains($0))) })
        schemas["Problem"] = Self.problemSchema.json(isInput: false)
        let problem = ["application/problem+json": ["schema": Schema.reference("Problem").json(isInput: false)]]
        let document: [String: Any] = [
            "openapi": "3.1.0",
            "info": ["title": title, "version": version],
            "servers": [["url": "/", "description": "This server."]],
            "tags": Set(routes.map(\.tag)).sorted().map { ["name": $0] },
            "paths": paths,
            "security": [["bearer": [String]()]],
            "components": [
                "schemas": schemas,
                "responses": Refusal.all.reduce(into: [String: Any]()) { responses, refusal in
                    responses[refusal.name] = ["description": refusal.reason, "content": problem]
                },
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
            ] as [String: Any],
        ]
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: document, options: options) else {
            preconditionFailure("the API's description holds something that JSON cannot say")
        }
        return Array(data)
    }

    /// Types of bodies and answers that the document describes in part only; a test keeps this empty.
    package var undescribedTypes: [String] {
        let recorder = SchemaRecorder()
        for route in routes {
            _ = route.body?(recorder)
            _ = route.reply?(recorder)
        }
        return recorder.undescribed.sorted()
    }

    /// The components that bodies are made of.
    private func inputs(_ recorder: SchemaRecorder) -> Set<String> {
        var open = routes.reduce(into: Set<String>()) { $0.formUnion($1.body?(recorder).references ?? []) }
        var found: Set<String> = []
        while let name = open.popFirst() {
            guard found.insert(name).inserted, let schema = recorder.components[name] else { continue }
            open.formUnion(schema.references)
        }
        return found
    }

    private func operation(_ route: Route<Principal>, _ recorder: SchemaRecorder) -> [String: Any] {
        var operation: [String: Any] = [
            "summary": route.summary, "tags": [route.tag], "operationId": operationID(route),
            "responses": responses(route, recorder),
        ]
        if let body = route.body?(recorder) {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": body.json(isInput: true)]],
            ]
        } else if !route.accepts.isEmpty {
            let content = route.accepts.map { ($0, ["schema": ["type": "object"]]) }
            operation["requestBody"] = [
                "required": true, "content": Dictionary(uniqueKeysWithValues: content),
            ]
        }
        let parameters = parameters(route)
        if !parameters.isEmpty { operation["parameters"] = parameters }
        let bearer = ["bearer": [String]()]
        switch route.access {
        case .open: operation["security"] = [[String: [String]]]()
        case .optional: operation["security"] = [[:], bearer]
        case .required: break
        }
        return operation
    }

    private func responses(_ route: Route<Principal>, _ recorder: SchemaRecorder) -> [String: Any] {
        var answer: [String: Any] = ["description": route.status == 101 ? "The protocol changes." : "Done."]
        if let produces = route.produces {
            let schema = route.reply?(recorder) ?? (produces.hasSuffix("json") ? .any : .string)
            var content = [produces: ["schema": schema.json(isInput: false)]]
            for type in route.alternatives { content[type] = ["schema": [String: Any]()] }
            answer["content"] = content
        }
        var responses: [String: Any] = ["\(route.status)": answer]
        for status in route.otherStatuses { responses["\(status)"] = answer }
        for refusal in Refusal.all where refusal.concerns(route) {
            responses[refusal.status] = self.refusal(refusal, route)
        }
        for (status, reason) in route.refusals {
            responses["\(status)"] = [
                "description": reason,
                "content": [
                    "application/problem+json": ["schema": Schema.reference("Problem").json(isInput: false)]
                ],
            ]
        }
        return responses
    }

    private func refusal(_ refusal: Refusal, _ route: Route<Principal>) -> [String: Any] {
        guard let type = route.refusal else { return ["$ref": "#/components/responses/\(refusal.name)"] }
        return [
            "description": refusal.reason,
            "content": [
                "application/problem+json": ["schema": Schema.reference("Problem").json(isInput: false)],
                type: ["schema": Schema.string.json(isInput: false)],
            ],
        ]
    }

    private func parameters(_ route: Route<Principal>) -> [[String: Any]] {
        let inPath = route.template.split(separator: "/").filter { $0.hasPrefix("{") }.map { segment in
            let name = segment.dropFirst().prefix { $0 != "}" && $0 != "*" }
            let isTail = segment.hasSuffix("*}")
            var id = Schema.integer
            id.minimum = 1
            id.maximum = .max
            return route.path.first { $0.name == name }
                ?? Parameter(String(name), isTail ? .string : id, isTail ? "The rest of the path." : "The id.")
        }
        func json(_ parameter: Parameter, _ place: String, isRequired: Bool) -> [String: Any] {
            [
                "name": parameter.name, "in": place, "required": isRequired,
                "schema": parameter.schema.json(isInput: false),
                "description": parameter.documentation,
            ]
        }
        return inPath.map { json($0, "path", isRequired: true) }
            + route.query.map { json($0, "query", isRequired: $0.isRequired) }
    }

    /// `GET /v1/channels/{channel_id}` becomes `get_v1_channels_channel`.
    private func operationID(_ route: Route<Principal>) -> String {
        let words = route.template.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        // Whose number it is tells more than that it is a number.
        let names = words.map { $0.hasSuffix("_id") ? String($0.dropLast(3)) : String($0) }
        return ([route.method.rawValue.lowercased()] + names).joined(separator: "_")
    }

    private static var problemSchema: Schema {
        func text(_ name: String, _ documentation: String, isRequired: Bool = true) -> Schema.Property {
            var schema = Schema.string
            schema.documentation = documentation
            return Schema.Property(name, schema, isRequired: isRequired)
        }
        var status = Schema.integer
        status.documentation = "The status of the answer."
        return .object([
            text("type", "Always `about:blank`; the code tells more."),
            text("title", "The name of the status."), Schema.Property("status", status),
            text("code", "Stable, for programs."), text("detail", "For the person who has to fix the request."),
            text("pointer", "The member of the body that is meant (RFC 6901).", isRequired: false),
            text("request_id", "Names the request in the server's log.", isRequired: false),
        ])
    }
}
