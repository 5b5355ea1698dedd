import HTTPRouting
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JSONBodyTests {
    enum Kind: String, Codable, CaseIterable { case text, notice }
    struct Part: Codable {
        var label: String
        var size: Int?
    }
    struct Send: Codable {
        var text: String
        var threadRoot: Int64?
        var kind: Kind?
        var parts: [Part]?
        var labels: [String: Bool]?
        enum CodingKeys: String, CodingKey {
            case text, kind, parts, labels
            case threadRoot = "thread_root"
        }
    }

    private func refusal(_ body: String, type: String? = "application/json") -> Problem? {
        var headers: HTTPHeaders = [:]
        headers["Content-Type"] = type
        let request = HTTPRequest(method: .post, path: "/", headers: headers, body: Array(body.utf8))
        do throws(Problem) {
            _ = try JSONBody.decode(Send.self, from: request)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (#"{"text":5}"#, "/text", "`/text` must be a string, not a number."),
        (#"{"text":null}"#, "/text", "`/text` must be a string, not null."),
        (#"{"text":"x","thread_root":"1"}"#, "/thread_root", "`/thread_root` must be a whole number, not a string."),
        (
            #"{"text":"x","thread_root":1.5}"#, "/thread_root",
            "`/thread_root` must be a whole number of at most 64 bits."
        ),
        (
            #"{"text":"x","thread_root":99999999999999999999}"#, "/thread_root",
            "`/thread_root` must be a whole number of at most 64 bits."
        ),
        (#"{"text":"x","kind":"song"}"#, "/kind", "`/kind` must be one of text, notice."),
        (#"{"text":"x","parts":{}}"#, "/parts", "`/parts` must be a list, not an object."),
        (#"{"text":"x","parts":[{"label":"a"},{}]}"#, "/parts/1/label", "`/parts/1/label` is missing."),
        (#"{"text":"x","parts":[7]}"#, "/parts/0", "`/parts/0` must be an object, not a number."),
        (
            #"{"text":"x","labels":{"a/b~c":1}}"#, "/labels/a~1b~0c",
            "`/labels/a~1b~0c` must be true or false, not a number."
        ),
        (#"{}"#, "/text", "`/text` is missing."), (#"[]"#, "", "The body must be an object, not a list."),
        (#""text""#, "", "The body must be an object, not a string."),
    ])
    func `a value of the wrong kind is pointed at`(body: String, pointer: String, detail: String) {
        let problem = refusal(body)
        #expect(problem?.status == 422)
        #expect(problem?.pointer == pointer)
        #expect(problem?.detail == detail)
    }

    @Test(arguments: [
        ("{", 1), ("{\"text\":\"x\"", 11), ("{\"text\":\"x\"} x", 13), ("{'text':1}", 1), ("{\"text\":nope}", 8 + 1),
        ("{\"text\":\"a\u{1}\"}", 10), ("{\"text\":\"x\" \"y\"}", 12), ("[1,]", 3), ("{\"text\":01}", 9), ("tru", 3),
        ("{\"text\":\"\\x\"}", 10), (" ", 1), ("{\"text\" \"x\"}", 8), ("{\"a\":1e}", 7), ("{\"a\":-}", 6),
    ])
    func `broken JSON is reported with its place`(body: String, offset: Int) {
        let problem = refusal(body)
        #expect(problem?.status == 400 && problem?.code == "invalid_json")
        #expect(problem?.detail.contains("at byte \(offset),") == true, "\(problem?.detail ?? "accepted")")
    }

    @Test func `a body that is missing, of another type or not UTF-8 is refused`() {
        #expect(refusal("")?.code == "missing_body")
        #expect(refusal("{}", type: "text/plain")?.status == 415)
        #expect(refusal("{}", type: "application/x-www-form-urlencoded")?.status == 415)
        for type in [nil, "application/json", "Application/JSON; charset=utf-8", "application/x+json"] {
            #expect(refusal(#"{"text":"x"}"#, type: type) == nil)
        }
        let bytes: [UInt8] = Array("{\"text\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(throws: Problem.self) {
            try JSONBody.decode(Send.self, from: HTTPRequest(method: .post, path: "/", body: bytes))
        }
    }

    @Test func `deep nesting is refused before it is decoded`() {
        func nested(_ depth: Int) -> String {
            #"{"text":"x","other":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(refusal(nested(63)) == nil)
        #expect(refusal(nested(64))?.code == "invalid_json")
        #expect(refusal(String(repeating: "[", count: 1_000_000))?.code == "invalid_json")
        #expect(refusal(String(repeating: "{\"a\":", count: 100_000))?.code == "invalid_json")
        // Brackets inside a text do not nest.
        #expect(refusal(#"{"text":"\#(String(repeating: "[", count: 500))\\\"{["}"#) == nil)
    }

    @Test func `every cut of a body is refused`() {
        let body = #"{"text":"a\u00e9","thread_root":12,"parts":[{"label":"x","size":1}],"labels":{"a":true}}"#
        #expect(refusal(body) == nil)
        for length in 0..<body.count { #expect(refusal(String(body.prefix(length)))?.status == 400) }
    }

    @Test func `a route reads, answers and reports through one pair of types`() async {
        let fixture = RouterFixture([
            .post("/v1/messages", "Send.", tag: "messages", body: Send.self, returns: Part.self, status: 201) {
                context, body in
                Part(label: try context.principal.name + "/" + body.text, size: nil)
            },
            .put("/v1/thing", "Put.", tag: "t", body: Part.self) { _, _ in },
            .post("/v1/poke", "Poke.", tag: "t") { _ in },
        ])
        let answer = await fixture.send(.post, "/v1/messages", body: #"{"text":"hi"}"#)
        #expect(answer.status == 201 && answer.text == #"{"label":"ada/hi"}"#)
        #expect(answer.headers["Content-Type"] == "application/json" && answer.headers["Cache-Control"] == "no-store")
        let refused = await fixture.send(.post, "/v1/messages", body: #"{"text":1}"#)
        #expect(refused.status == 422 && refused["pointer"] == "/text" && refused["code"] == "invalid_value")
        #expect(await fixture.send(.put, "/v1/thing", body: #"{"label":""}"#).status == 204)
        #expect(await fixture.send(.post, "/v1/poke").status == 204)
    }
}
