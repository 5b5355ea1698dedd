import BridgeKit
import ChatModel

/// Something that a step does outside its run, with everything filled in.
enum Effect: Sendable, Equatable {
    case post(PostEffect)
    case edit(MessageID, text: String)
    case react(String, MessageID, isOn: Bool)
    case delete(MessageID)
    case read(MessageID)
    case call(CallEffect)
    case mail(MailEffect)
    case change(key: String, BridgeStoreChange.Action, expiry: Int64?)
    case look(key: String)
    case list(under: String, limit: Int)
    case forget(under: String)

    /// Whether doing it again does no harm beyond the time it takes, also when nobody remembers the first time.
    var isRepeatable: Bool {
        switch self {
        case .post, .edit, .react, .delete, .read, .look, .list: true
        case .call, .mail, .change, .forget: false
        }
    }
}

struct PostEffect: Sendable, Equatable {
    enum Place: Sendable, Equatable {
        case channel(ChannelID)
        case name(String)
    }

    var place: Place
    var text: String
    var thread: MessageID?
    var author: String?
}

struct CallEffect: Sendable, Equatable {
    var method: String
    var url: String
    var headers: [String: String] = [:]
    var contentType: String?
    var body: [UInt8] = []
    var timeout: Duration = .seconds(15)
    var expected: [ClosedRange<Int>] = [200...299]
}

struct MailEffect: Sendable, Equatable {
    var to: [String]
    var subject: String
    var text: String
    var replyTo: String?
}

/// Names one effect of one run, the same at each try.
struct EffectName: Sendable, Equatable {
    /// For whom the target can tell a repeat by: a nonce, an idempotency key, a mail's identifier.
    let token: String
    /// What the bridge's store keeps its answer under.
    let mark: String
    let run: RunIdentity
}

/// Which event a run is about.
struct RunIdentity: Sendable, Equatable {
    let bridge: String
    let app: AppID
    let cursor: Cursor
    let hops: Int
}

/// Does what steps ask for.
protocol WorkflowEffects: Sendable {
    /// - Returns: The answer of the step; for a change of a kept value what was there before and is now, as JSON texts.
    /// - Throws: `BridgeError`.
    func perform(_ effect: Effect, as name: EffectName) async throws -> JSONValue
    /// The channel as templates see it; null when there is none.
    func channel(_ id: ChannelID, of run: RunIdentity) async throws -> JSONValue
}
