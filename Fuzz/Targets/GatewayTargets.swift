import ChatModel
import Crypto
import Foundation
import HTTPTypes

@testable import BotGateway
@testable import HTTPRouting
@testable import Realtime

extension FuzzTarget {
    /// What clients send to the gateways, behind HTTP itself.
    static let gatewayTargets: [FuzzTarget] = [
        FuzzTarget("json-body") { bytes in
            let request = HTTPRequest(
                method: .post, path: "/", headers: ["Content-Type": "application/json"], body: bytes)
            let isText = (try? JSONSyntax.walk(bytes)) != nil && String(validating: bytes, as: UTF8.self) != nil
            do throws(Problem) {
                _ = try JSONBody.decode(JSONValue.self, from: request)
            } catch {
                // What is JSON is refused for its depth or its numbers only.
                precondition(!isText || !error.detail.contains("not valid JSON"), error.detail)
                checkWords(error.detail)
            }
            do throws(Problem) {
                _ = try JSONBody.decode(SampleBody.self, from: request)
            } catch {
                precondition((400...422).contains(error.status))
                checkWords(error.detail)
            }
        },
        FuzzTarget("query", maximumBytes: 2048) { bytes in
            let query = String(decoding: bytes, as: UTF8.self)
            do throws(Problem) {
                let context = try RequestContext<Int>(
                    request: HTTPRequest(method: .get, path: "/", query: query), parameters: ["id": query])
                _ = try? context.id("id")
                _ = try context.query("limit", Int.self, default: 1, in: 1...100)
                _ = try context.query("before", Int64.self)
                _ = try context.query("flag", Bool.self)
                _ = context.queryAll("type")
            } catch {
                checkWords(error.detail)
            }
            if let text = PercentEncoding.decode(Substring(query)) {
                precondition(text.utf8.count <= query.utf8.count)
            }
        },
        FuzzTarget("client-frame") { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            do throws(ClientFrameError) {
                _ = try ClientFrame.decode(text)
            } catch {
                checkWords(error.detail)
            }
        },
        FuzzTarget("bot-frame") { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            do throws(BotFrameError) {
                _ = try BotRequest(text)
            } catch {
                checkWords(error.detail)
            }
        },
        FuzzTarget("token", maximumBytes: 2048) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            // The key is not the fuzzer's to guess, so nothing may pass but what the corpus holds.
            _ = try? keys.verify(text, now: 1_700_000_000)
            if let key = WebhookSecret(text: text) {
                precondition(WebhookSecret(text: key.text)?.bytes == key.bytes, "a secret does not come back")
            }
            let now: Int64 = 1_700_000_000
            let secret = "secret"
            _ = WebhookSignature.verifyStripe(signature: text, body: bytes, secret: secret, now: now)
            _ = WebhookSignature.verifyGitHub(signature: text, body: bytes, secret: secret)
            _ = WebhookSignature.verifySlack(timestamp: text, signature: text, body: bytes, secret: secret, now: now)
            _ = WebhookSignature.verifyStandard(
                id: "m", timestamp: "\(now)", signature: text, body: bytes, secrets: [.generate()], now: now)
        },
        FuzzTarget("base64", maximumBytes: 512) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let decoded = Base64.decode(text) { precondition(Base64.decode(Base64.encode(decoded)) == decoded) }
            if let decoded = Base64URL.decode(text) { precondition(Base64URL.encode(decoded) == text) }
            if let decoded = Hex.decode(text) { precondition(Hex.encode(decoded) == text.lowercased()) }
            precondition(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            precondition(Base64.decode(Base64.encode(bytes)) == bytes)
        },
    ]

    private static let keys: TokenKeys = {
        let secret = Array("a secret of thirty-two bytes, at least".utf8)
        do { return try TokenKeys(keys: [.hs256(id: "1", secret: secret)]) } catch { preconditionFailure("\(error)") }
    }()
}

/// A body with a field of each kind.
struct SampleBody: Codable, Sendable {
    enum Kind: String, Codable { case a, b }
    struct Part: Codable { var cursor: Cursor? }

    var text: String
    var number: Int64?
    var small: Int32?
    var ratio: Double?
    var flag: Bool?
    var kind: Kind?
    var list: [Int]?
    var names: [String: String]?
    var part: Part?
    var channel: ChannelID?
    var any: JSONValue?
}
