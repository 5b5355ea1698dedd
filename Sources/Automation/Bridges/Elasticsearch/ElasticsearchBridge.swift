package import BridgeKit
import ChatModel
import Crypto
import EventLoop
package import HTTPClient
import HTTPTypes
package import Settings
import Telemetry

/// Keeps an index of all messages in Elasticsearch or OpenSearch, and answers searches from it.
///
/// Each document carries the number of the event that made it as its external version, so that repeats and events that
/// overtake one another do no harm; a deletion is a document without text, which an older event cannot bring back.
package struct ElasticsearchBridge: Bridge {
    package static let kind = "elasticsearch"
    package static let summary = "Indexes messages in Elasticsearch or OpenSearch and answers searches from there."
    package static let settings = SettingsSpec {
        SettingKey(
            "url", .string, "The cluster.", example: "http://127.0.0.1:9200", required: true,
            validation: { url in
                let text = url.string ?? ""
                return TargetRules.problem(url: text)
                    ?? (text.contains { "?#".contains($0) }
                        ? "expected a URL without ? and #: paths are added to it" : nil)
            })
        SettingKey("user", .string, "For basic authentication.", example: "martlet")
        SettingKey("password", .string, "For basic authentication.", secret: true)
        SettingKey("api_key", .string, "Instead of user and password.", secret: true)
        SettingKey(
            "index", .string, "What the names of indices, template and aliases begin with.", default: "chat-msg",
            validation: { value in
                let name = value.string ?? ""
                let isGood =
                    (1...64).contains(name.utf8.count) && name.first?.isLetter == true
                    && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
                return isGood ? nil : "expected 1 to 64 of a-z, 0-9 and -, a letter first"
            })
        SettingKey("shards", .integer(1...100), "Primary shards of each month's index.", default: 1)
        SettingKey("replicas", .integer(0...10), "Replicas of each shard.", default: 1)
        SettingKey("search", .boolean, "Whether searches of the server are answered from here.", default: true)
        SettingKey("timeout", .duration, "For one request.", default: "30s")
    }
    package static let traits = BridgeTraits(
        events: [.messageCreated, .messageUpdated, .messageDeleted], batch: 500, concurrency: 2)

    package static func problems(in settings: Settings) -> [SettingsProblem] {
        var problems: [SettingsProblem] = []
        let (user, key) = (settings.optionalString("user"), settings.optionalString("api_key"))
        if user?.contains(":") == true {
            problems.append(
                settings.problem(at: "user", "expected a name without a colon, which ends it (RFC 7617)"))
        }
        if let key, let problem = TargetRules.problem(header: "Authorization", value: key) {
            problems.append(settings.problem(at: "api_key", problem))
        }
        if key != nil, user != nil {
            problems.append(settings.problem(at: "user", "not used: `api_key` stands in its place").asWarning)
        }
        if user == nil, key == nil, settings.optionalString("password") != nil {
            problems.append(settings.problem(at: "password", "not used without `user`").asWarning)
        }
        return problems
    }

    private let client: ElasticsearchClient
    private let layout: IndexLayout
    private let partitions: IndexPartitions
    private let chat: any BridgeChat
    private let answersSearches: Bool
    private let log: BridgeLog

    package init(settings: Settings, context: BridgeContext) throws {
        let problems = Self.problems(in: settings).errors
        guard problems.isEmpty else { throw BridgeSettingsError(problems) }
        client = ElasticsearchClient(settings, context)
        layout = IndexLayout(
            prefix: settings.string("index"), shards: settings.integer("shards"),
            replicas: settings.integer("replicas"))
        partitions = IndexPartitions(client: client, layout: layout)
        chat = context.chat
        answersSearches = settings.boolean("search")
        log = context.log
    }

    package func start() async throws {
        try await client.expect(.put, "/_index_template/\(layout.prefix)", layout.template)
        if answersSearches { chat.register(ElasticsearchSearch(client: client, layout: layout)) }
    }

    package func handle(_ events: [BridgeEvent]) async -> [BridgeOutcome] {
        var outcomes: [BridgeOutcome] = []
        var operations: [BulkOperation] = []
        var places: [Int] = []
        for (index, event) in events.enumerated() {
            do {
                operations.append(try BulkOperation(event, layout))
                places.append(index)
                outcomes.append(.done)
            } catch {
                outcomes.append(
                    .failed(BridgeError.giveUp(reason: "the event holds no message: \(ErrorText.of(error))")))
            }
        }
        let results = await BulkWriter(client: client, partitions: partitions).write(operations)
        for (place, result) in zip(places, results) { outcomes[place] = result }
        return outcomes
    }

    package func stop() async { client.close() }
}

extension ElasticsearchBridge: UsualTarget {
    package static func usualAnswer(to request: HTTPClientRequest) -> HTTPClientResponse {
        guard request.url.contains("/_bulk") else { return HTTPClientResponse(status: 200, body: Array("{}".utf8)) }
        // Two lines an operation.
        let count = request.body.count { $0 == UInt8(ascii: "\n") } / 2
        let items = String(repeating: #"{"index":{"status":201}},"#, count: count).dropLast()
        return HTTPClientResponse(status: 200, body: Array("{\"errors\":false,\"items\":[\(items)]}".utf8))
    }
}
