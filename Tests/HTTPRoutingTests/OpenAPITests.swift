import ChatModel
import Foundation
import HTTPRouting
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OpenAPITests {
    enum Kind: String, Codable, CaseIterable { case text, notice }
    enum Undescribed: String, Codable { case only }
    struct Number: Codable {
        var value: Int64
        init(from decoder: any Decoder) throws {
            value = try decoder.singleValueContainer().decode(Int64.self)
            if value == 0 { throw Problem.badRequest("an id is not 0") }
        }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(value)
        }
    }
    enum Anything: Codable {
        case text(String)
        case list([Anything])
        case nothing
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .nothing
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .list(try container.decode([Anything].self))
            }
        }
        func encode(to encoder: any Encoder) throws {}
    }
    struct Author: Codable {
        var id: Number
        var name: String
    }
    struct Message: Codable, SchemaDescribing {
        var id: Number
        var text: String
        var sentAt: String
        var kind: Kind
        var author: Author
        var editor: Author?
        var replies: [Message]
        var counts: [String: Int]
        var score: Double
        var isPinned: Bool
        var size: UInt32?
        var data: Anything
        enum CodingKeys: String, CodingKey {
            case id, text, kind, author, editor, replies, counts, score, size, data
            case sentAt = "sent_at"
            case isPinned = "is_pinned"
        }
        static var schemaDescription: SchemaRefinement {
            SchemaRefinement(
                "What somebody said.",
                properties: [
                    "text": .init("Markdown.", minimumLength: 1, maximumLength: 40_000),
                    "sent_at": .init(format: "date-time", example: "2026-01-31T09:05:07.120Z"),
                ])
        }
    }
    struct Page<Item: Codable & Sendable>: Codable, Sendable {
        var items: [Item]
        var next: String?
    }
    struct Lenient: Decodable {
        var limit: Int
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            limit = try container.decodeIfPresent(Int.self, forKey: .limit) ?? 10
        }
        enum CodingKeys: CodingKey { case limit }
    }

    private func properties(_ schema: Schema?) -> [String: Schema.Property] {
        guard case .object(let properties) = schema?.kind else { return [:] }
        return Dictionary(uniqueKeysWithValues: properties.map { ($0.name, $0) })
    }

    @Test func `a type tells its own shape`() {
        let recorder = SchemaRecorder()
        #expect(recorder.schema(of: Message.self) == .reference("OpenAPITestsMessage"))
        #expect(recorder.undescribed.isEmpty)
        let message = recorder.components["OpenAPITestsMessage"]
        #expect(message?.documentation == "What somebody said.")
        let members = properties(message)
        #expect(
            members.keys.sorted() == [
                "author", "counts", "data", "editor", "id", "is_pinned", "kind", "replies", "score", "sent_at", "size",
                "text",
            ])
        #expect(members.values.filter { !$0.isRequired }.map(\.name).sorted() == ["editor", "size"])
        #expect(members["id"]?.schema == .integer)
        #expect(members["author"]?.schema == .reference("OpenAPITestsAuthor"))
        #expect(members["editor"]?.schema == .reference("OpenAPITestsAuthor"))
        #expect(members["replies"]?.schema == .array(.reference("OpenAPITestsMessage")))
        #expect(members["counts"]?.schema == .dictionary(.integer))
        #expect(members["score"]?.schema == .number && members["is_pinned"]?.schema == .boolean)
        #expect(members["size"]?.schema.format == "int64" && members["size"]?.schema.minimum == 0)
        #expect(members["data"]?.schema == .any)
        #expect(members["kind"]?.schema == .reference("OpenAPITestsKind"))
        #expect(recorder.components["OpenAPITestsKind"]?.allowed == ["text", "notice"])
        #expect(members["text"]?.schema.maximumLength == 40_000 && members["sent_at"]?.schema.format == "date-time")
    }

    @Test func `the values of chat are described whole`() {
        let recorder = SchemaRecorder()
        _ = recorder.schema(of: ChatModel.Message.self)
        _ = recorder.schema(of: Channel.self)
        _ = recorder.schema(of: Member.self)
        _ = recorder.schema(of: User.self)
        _ = recorder.schema(of: Event.self)
        #expect(recorder.undescribed.isEmpty)
        let event = properties(recorder.components["Event"])
        #expect(event["cursor"]?.schema == .string && event["type"]?.schema == .string)
        #expect(event["data"]?.schema == .any && event["channel_id"]?.schema == .integer)
        #expect(recorder.components["ChannelKind"]?.allowed == ["public", "private", "group", "direct"])
    }

    @Test func `generic and lenient types are followed`() {
        let recorder = SchemaRecorder()
        #expect(recorder.schema(of: Page<Author>.self) == .reference("OpenAPITestsPageOfOpenAPITestsAuthor"))
        let page = properties(recorder.components["OpenAPITestsPageOfOpenAPITestsAuthor"])
        #expect(page["items"]?.schema == .array(.reference("OpenAPITestsAuthor")) && page["next"]?.isRequired == false)
        _ = recorder.schema(of: Lenient.self)
        #expect(properties(recorder.components["OpenAPITestsLenient"])["limit"]?.isRequired == false)
    }

    @Test func `a type that refuses every placeholder is reported`() {
        let recorder = SchemaRecorder()
        _ = recorder.schema(of: [Undescribed].self)
        #expect(recorder.undescribed == ["OpenAPITestsUndescribed"])
    }

    struct Change: Codable, SchemaDescribing {
        struct Part: Codable { var size: Int? }
        var name: String?
        var kind: Kind?
        var part: Part?
        var users: [Int]
        static var schemaDescription: SchemaRefinement {
            SchemaRefinement(properties: [
                "name": .init(minimumLength: 1, maximumLength: 8, pattern: "^[a-z]+$"),
                "users": .init(minimumItems: 1, maximumItems: 5),
            ])
        }
    }

    private func document(_ routes: [Route<Visitor>]) throws -> JSONValue {
        let bytes = RouterFixture(routes).router.openAPI(title: "Test", version: "1")
        return try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    @Test func `what is read may be null where it may be left out, what is answered is not`() throws {
        let document = try document([
            .post("/a", "Takes.", tag: "a", body: Change.self, returns: Lenient2.self) { _, _ in Lenient2() }
        ])
        let schemas = document["components"]?["schemas"]
        let change = schemas?["OpenAPITestsChange"]?["properties"]
        #expect(change?["name"]?["type"] == ["string", "null"])
        #expect(change?["name"]?["minLength"] == 1 && change?["name"]?["maxLength"] == 8)
        #expect(change?["name"]?["pattern"] == "^[a-z]+$")
        #expect(change?["users"]?["type"] == "array")
        #expect(change?["users"]?["minItems"] == 1 && change?["users"]?["maxItems"] == 5)
        #expect(
            change?["part"]?["anyOf"] == [["$ref": "#/components/schemas/OpenAPITestsChangePart"], ["type": "null"]])
        #expect(schemas?["OpenAPITestsChangePart"]?["properties"]?["size"]?["type"] == ["integer", "null"])
        #expect(schemas?["OpenAPITestsLenient2"]?["properties"]?["note"]?["type"] == "string")
    }

    struct Lenient2: Codable, Sendable { var note: String? }

    @Test func `every way to be refused is described`() throws {
        let document = try document([
            .post("/a/{id}", "Takes.", tag: "a", body: Change.self) { _, _ in },
            .get("/b", "Gives.", tag: "b", access: .open, returns: Lenient2.self) { _ in Lenient2() },
            .raw(
                .post, "/c", "Takes any form.", tag: "c", access: .open, accepts: ["application/json", "text/csv"],
                produces: "text/plain", alternatives: ["application/json"], refusal: "text/plain",
                refusals: [410: "It is over."]
            ) { _ in HTTPResponse(text: "ok") },
        ])
        let paths = document["paths"]
        #expect(
            paths?["/a/{id}"]?["post"]?["responses"]?.object?.keys.sorted() == [
                "204", "400", "401", "403", "404", "409", "413", "415", "422", "429", "503", "default",
            ])
        #expect(
            paths?["/b"]?["get"]?["responses"]?.object?.keys.sorted() == ["200", "400", "429", "503", "default"])
        for (_, response) in paths?["/b"]?["get"]?["responses"]?.object ?? [:] {
            guard let name = response["$ref"]?.string?.split(separator: "/").last else { continue }
            #expect(document["components"]?["responses"]?[String(name)]?["description"]?.string?.isEmpty == false)
        }
        let open = paths?["/c"]?["post"]
        #expect(open?["requestBody"]?["content"]?.object?.keys.sorted() == ["application/json", "text/csv"])
        #expect(
            open?["responses"]?["200"]?["content"]?.object?.keys.sorted() == ["application/json", "text/plain"])
        #expect(open?["responses"]?["404"]?["content"]?["text/plain"]?["schema"]?["type"] == "string")
        #expect(open?["responses"]?["410"]?["description"] == "It is over.")
        #expect(document["servers"]?.array?.first?["url"] == "/")
    }

    private var fixture: RouterFixture {
        RouterFixture([
            .get(
                "/v1/channels/{channel_id}/messages", "Lists messages.", tag: "messages",
                query: [.integer("limit", "How many.", default: 50, in: 1...200), .strings("type", "Which.")],
                returns: Page<Author>.self
            ) { _ in Page(items: []) },
            .post(
                "/v1/channels/{channel_id}/messages", "Sends a message.", tag: "messages", body: Author.self,
                returns: Author.self, status: 201
            ) { $1 },
            .raw(.get, "/files/{path*}", "Gives a file.", tag: "files", access: .open, produces: "image/png") { _ in
                HTTPResponse()
            },
            .delete("/v1/users/{name}", "Deletes.", tag: "users", path: [.string("name", "The name.")]) { _ in },
        ])
    }

    @Test func `the document says what the routes say`() throws {
        let bytes = fixture.router.openAPI(title: "Test", version: "1.2.3")
        #expect(fixture.router.openAPI(title: "Test", version: "1.2.3") == bytes)
        #expect(fixture.router.undescribedTypes.isEmpty)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
        func at(_ keys: String...) -> Any? {
            keys.reduce(document as Any?) { ($0 as? NSDictionary)?[$1] ?? ($0 as? NSArray)?[Int($1) ?? 0] }
        }
        #expect(at("openapi") as? String == "3.1.0" && at("info", "version") as? String == "1.2.3")
        let path = "/v1/channels/{channel_id}/messages"
        #expect(at("paths", path, "get", "operationId") as? String == "get_v1_channels_channel_messages")
        #expect(at("paths", path, "get", "parameters", "0", "in") as? String == "path")
        #expect(at("paths", path, "get", "parameters", "0", "schema", "type") as? String == "integer")
        #expect(at("paths", path, "get", "parameters", "1", "schema", "maximum") as? Int == 200)
        #expect(at("paths", path, "get", "requestBody") == nil)
        let body = at("paths", path, "post", "requestBody", "content", "application/json", "schema", "$ref")
        #expect(body as? String == "#/components/schemas/OpenAPITestsAuthor")
        #expect(at("paths", path, "post", "responses", "201", "content", "application/json") != nil)
        #expect(at("paths", path, "post", "responses", "422") != nil)
        #expect(at("paths", "/v1/users/{name}", "delete", "responses", "204", "content") == nil)
        #expect(at("paths", "/v1/users/{name}", "delete", "parameters", "0", "schema", "type") as? String == "string")
        #expect((at("paths", "/files/{path}", "get", "security") as? NSArray)?.count == 0)
        #expect(at("paths", "/files/{path}", "get", "responses", "200", "content", "image/png") != nil)
        #expect(at("components", "schemas", "OpenAPITestsAuthor", "required") as? [String] == ["id", "name"])
        #expect(at("components", "schemas", "Problem", "properties", "code") != nil)
        #expect(at("components", "securitySchemes", "bearer", "scheme") as? String == "bearer")
    }
}
