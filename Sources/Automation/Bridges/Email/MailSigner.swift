import BridgeKit
import ChatModel
import Crypto
import Synchronization

/// Marks identifiers and addresses of the bridge's own, so that nobody gets into a thread by counting.
struct MailSigner: Sendable {
    /// What a sign stands for; the one is not taken for the other.
    enum Purpose: String {
        case identifier, reply, bounce
    }

    private let key: [UInt8]

    init(key: [UInt8]) { self.key = key }

    /// 64 bits as 16 letters that survive a change of case.
    func sign(_ purpose: Purpose, _ message: MessageID) -> String {
        let mac = Digest.hmacSHA256(key: key, data: Array("\(purpose.rawValue) \(message)".utf8))
        return Hex.encode(Array(mac.prefix(8)))
    }

    func isSigned(_ sign: some StringProtocol, _ purpose: Purpose, _ message: MessageID) -> Bool {
        ConstantTime.equal(Array(sign.lowercased().utf8), Array(self.sign(purpose, message).utf8))
    }
}

/// The bridge's key: made once, and the same on all nodes.
final class MailKey: Sendable {
    private let store: any BridgeStore
    private let signer = Mutex<MailSigner?>(nil)

    init(_ context: BridgeContext) {
        store = context.store
        // A trial says the same each time.
        if context.isTest { signer.withLock { $0 = MailSigner(key: Array("a trial".utf8)) } }
    }

    func callAsFunction() async throws -> MailSigner {
        if let signer = signer.withLock({ $0 }) { return signer }
        var secret = try await store.value("key")
        if secret == nil {
            let change = BridgeStoreChange(.create(Hex.encode(SecureRandom.bytes(32))), of: "key")
            // Whoever came first has made it.
            if case .done(_, let after) = try await store.change(change) { secret = after }
        }
        guard let secret else { throw BridgeError.retry(reason: "the bridge's key cannot be made") }
        let made = MailSigner(key: Array(secret.utf8))
        signer.withLock { $0 = made }
        return made
    }
}
