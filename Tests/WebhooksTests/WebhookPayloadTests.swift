import ChatModel
import Compression
import HTTPTypes
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(1)))
struct WebhookPayloadTests {
    private func request(_ body: String, _ type: String?) -> HTTPRequest {
        var headers: HTTPHeaders = [:]
        headers["Content-Type"] = type
        return HTTPRequest(method: .post, path: "/", headers: headers, body: Array(body.utf8))
    }

    private func read(_ body: String, _ type: String? = "application/json") throws(WebhookRefusal) -> WebhookPayload {
        try WebhookPayload(json: WebhookBody.json(request(body, type)))
    }

    private func token(_ body: String, _ type: String? = "application/json") -> String? {
        do throws(WebhookRefusal) {
            _ = try read(body, type)
            return nil
        } catch {
            return error.token
        }
    }

    private static let form = "application/x-www-form-urlencoded"
    private static let multipart = "multipart/form-data; boundary=\"XyZ\""

    @Test(
        arguments: [
            (#"{"text":"hi"}"#, "application/json"), (#"{"text":"hi"}"#, nil), ("  \n{\"text\":\"hi\"}", nil),
            (#"{"text":"hi"}"#, "application/json; charset=utf-8"), (#"{"text":"hi"}"#, "text/plain"),
            (#"{"text":"hi"}"#, form), ("payload=%7B%22text%22%3A%22hi%22%7D", form),
            ("payload=%7B%22text%22%3A%22hi%22%7D", nil), ("payload={\"text\":\"hi\"}", "text/plain"),
            ("token=x&payload=%7b%22text%22:%22hi%22%7d&z=1", form),
            (
                "--XyZ\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n{\"text\":\"hi\"}\r\n--XyZ--\r\n",
                multipart
            ),
            (
                "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XyZ\r\n"
                    + "Content-Type: application/json\r\ncontent-disposition: form-data; name=payload\r\n\r\n"
                    + "{\"text\":\"hi\"}\r\n--XyZ--", multipart
            ),
        ] as [(String, String?)])
    func `the payload is found in every wrapping`(body: String, type: String?) throws {
        #expect(try read(body, type).text == "hi")
    }

    @Test func `a plus sign in a form is a space, and an escaped one is not`() throws {
        #expect(try read("payload={\"text\":\"a+b%2Bc\"}", Self.form).text == "a b+c")
    }

    @Test(
        arguments: [
            ("", "application/json"), ("   ", nil), ("hello", nil), ("[]", "application/json"),
            ("null", "application/json"),
            ("{", "application/json"), (#"{"text":"a""#, nil), ("{\"text\":\"\u{1}\"}", nil), ("payload=", nil),
            ("payload=%7", nil), ("payload=%zz", nil), ("text=hi", form), (#"{"text":["a"]}"#, nil),
            (#"{"text":"a","attachments":{}}"#, nil), (#"{"text":"a","attachments":["x"]}"#, nil),
            (#"{"attachments":[{"fields":{}}]}"#, nil), (#"{"attachments":[{"title":{}}]}"#, nil),
            ("{\"text\":\"a\"}", multipart), ("--XyZ\r\n\r\n", multipart), ("--XyZ", "multipart/form-data"),
            ("--\r\n--\r\n", "multipart/form-data; boundary="),
        ] as [(String, String?)])
    func `what cannot be read is an invalid payload`(body: String, type: String?) {
        #expect(token(body, type) == "invalid_payload")
    }

    @Test func `what would cost too much to read is an invalid payload`() {
        let nested = String(repeating: "{\"a\":", count: 40) + "1" + String(repeating: "}", count: 40)
        #expect(token(nested) == "invalid_payload")
        #expect(token("{\"a\":" + String(repeating: "[", count: 100_000)) == "invalid_payload")
        #expect(token("{\"a\":[" + String(repeating: "0,", count: 20_000) + "0]}") == "invalid_payload")
        #expect(token(String(repeating: "--XyZ\r\n\r\n\r\n", count: 50_000), Self.multipart) == "invalid_payload")
    }

    @Test func `a body that is not UTF-8 is an invalid payload`() {
        let bytes = Array(#"{"text":""#.utf8) + [0xC3, 0x28, 0xFF] + Array(#""}"#.utf8)
        #expect(throws: WebhookRefusal.self) { try WebhookPayload(json: bytes) }
    }

    @Test func `brackets in texts do not count as nesting`() throws {
        let text = String(repeating: "[{\\\"", count: 100)
        #expect(try read("{\"text\":\"\(text)\"}").text.count == 300)
    }

    @Test func `nulls and unknown keys are left out, numbers are taken for text`() throws {
        let payload = try read(
            #"""
            {"text":null,"username":null,"unknown":{"a":[1,null]},"channel":"","attachments":[null,
            {"title":42,"text":null,"color":"good","evil":"x","ts":"1700000000","mrkdwn_in":["text",null],
             "fields":[{"title":"a","value":1.5,"short":true,"x":1},null],"actions":[{"name":"b","integration":{"url":"u"}}]}]}
            """#)
        #expect(payload.text == "" && payload.username == nil && payload.channel == nil)
        #expect(
            payload.attachments == [
                [
                    "title": "42", "color": "good", "ts": 1_700_000_000, "mrkdwn_in": ["text"],
                    "fields": [["title": "a", "value": "1.5", "short": true]], "actions": [["name": "b"]],
                ]
            ])
        #expect(payload.content == ["attachments": .array(payload.attachments)])
    }

    @Test func `the sender's name and picture are kept clean`() throws {
        let payload = try read(
            "{\"text\":\"a\",\"username\":\" de\\u202eploy\\u0007\\n \",\"icon_url\":\"https://a.example/i.png\",\"icon_emoji\":\":rocket:\"}"
        )
        #expect(payload.username == "deploy")
        #expect(payload.iconEmoji == "rocket" && payload.iconURL == nil)
        #expect(try read(#"{"text":"a","icon_url":"javascript:x"}"#).content == nil)
    }

    @Test(
        arguments: [
            (#""thread_ts":"17""#, 17), (#""thread_ts":17"#, 17), (#""thread_id":"5","thread_ts":"17""#, 5),
            (#""thread_ts":null"#, nil), (#""thread_ts":"""#, nil),
        ] as [(String, Int64?)])
    func `a thread is named by number or text`(field: String, id: Int64?) throws {
        #expect(try read("{\"text\":\"a\",\(field)}").thread == id.map { MessageID($0) })
    }

    @Test func `too much of something has a token of its own`() {
        let attachments = Array(repeating: #"{"text":"a"}"#, count: 101).joined(separator: ",")
        let blocks = Array(repeating: #"{"type":"divider"}"#, count: 51).joined(separator: ",")
        #expect(token("{\"attachments\":[\(attachments)]}") == "too_many_attachments")
        #expect(token("{\"blocks\":[\(blocks)]}") == "invalid_blocks")
        #expect(token(#"{"blocks":[{"text":"no type"}]}"#) == "invalid_blocks")
        #expect(token(#"{"blocks":[7]}"#) == "invalid_blocks")
        #expect(token(#"{"text":"a","thread_ts":"1503435956.000247"}"#) == "invalid_thread_ts")
        #expect(token(#"{"text":"a","thread_ts":-1}"#) == "invalid_thread_ts")
    }

    @Test(arguments: [
        ("payload={\"text\":\"disk 95% full\"}", "disk 95% full"),
        ("payload={\"text\":\"100%+%2B %zz %4\"}", "100% + %zz %4"),
        ("payload=%7B%22text%22%3A%2250%%22%7D", "50%"),
    ])
    func `a per cent sign that begins no escape is one`(body: String, text: String) throws {
        #expect(try read(body, Self.form).text == text)
    }

    @Test(arguments: [
        ("{\"text\":\"a\nb\"}", "a\nb"), ("{\"text\":\n\"a\r\n\tb\"}", "a\r\n\tb"), ("{\"text\":\"a\\\nb\"}", "a\nb"),
        ("{\"text\":\"a\\\\\nb\"}", "a\\\nb"), ("{\"text\":\"a\\\"\nb\"}", "a\"\nb"),
    ])
    func `a line break in a text is one`(body: String, text: String) throws {
        #expect(try read(body).text == text)
        #expect(try read("payload=" + body, Self.form).text == text)
    }

    @Test(arguments: ["gzip", "x-gzip", "GZIP", "deflate"])
    func `a compressed body is unpacked`(encoding: String) throws {
        let text = String(repeating: "word ", count: 2000)
        let packed = try #require(GzipCompressor().compress(Array("{\"text\":\"\(text)\"}".utf8)))
        var request = HTTPRequest(method: .post, path: "/", headers: ["Content-Encoding": encoding], body: packed)
        #expect(try WebhookPayload(json: WebhookBody.json(request)).text == text)
        request.body = Array(packed.dropLast(20))
        #expect(throws: WebhookRefusal.self) { try WebhookBody.json(request) }
    }

    @Test func `a compressed body has the bounds of one that is not`() throws {
        let bomb = try #require(GzipCompressor().compress([UInt8](repeating: 0x20, count: 4 << 20)))
        for (encoding, status) in [("gzip", 413), ("br", 415)] {
            do throws(WebhookRefusal) {
                _ = try WebhookBody.json(
                    HTTPRequest(method: .post, path: "/", headers: ["Content-Encoding": encoding], body: bomb))
                Issue.record("\(encoding) was taken")
            } catch {
                #expect(error.status == status)
            }
        }
    }

    @Test(
        arguments: [
            (nil, false), ("*/*", false), ("application/json", true), ("application/json, text/plain, */*", false),
            ("application/json, */*;q=0.5", true), ("text/plain;q=0.5, application/json", true),
            ("application/json;q=0", false),
            ("text/html, application/json;q=0.9, */*;q=0.8", true), ("text/plain, application/json;q=0.9", false),
            ("APPLICATION/JSON; Q=1.0", true), ("application/json;q=0.1, text/*;q=0.2", false), (",;,", false),
            ("text/html", false),
        ] as [(String?, Bool)])
    func `JSON is the answer to who wants it more than text`(accept: String?, isJSON: Bool) {
        #expect(AcceptHeader.prefersJSON(accept) == isJSON)
    }

    @Test func `a time may have a fraction`() throws {
        let payload = try read(
            #"{"attachments":[{"text":"x","ts":"1234567890.123"},{"text":"y","ts":7.5},{"text":"z","ts":"soon"}]}"#)
        #expect(payload.attachments.map { $0["ts"] } == [.number(1_234_567_890.123), .number(7.5), nil])
    }
}
