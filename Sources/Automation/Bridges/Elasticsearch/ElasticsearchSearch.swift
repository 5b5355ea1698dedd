import BridgeKit
import ChatModel
import HTTPTypes

/// Answers searches from the index; the server reads each hit again and checks who may see it.
struct ElasticsearchSearch: BridgeSearch {
    /// As many as one `terms` query takes.
    private static let maximumChannels = 65_536

    let client: ElasticsearchClient
    let layout: IndexLayout
    var name: String { "elasticsearch" }

    func search(
        _ query: String, channels: [ChannelID], app: AppID, before: MessageID?, limit: Int
    ) async throws -> [MessageID] {
        guard !channels.isEmpty else { return [] }
        let answer = try await client.expect(
            .post, "/\(layout.readAlias)/_search?ignore_unavailable=true&allow_no_indices=true",
            Self.body(query, channels: channels, app: app, before: before, limit: limit))
        return (answer["hits"]?["hits"]?.array ?? []).compactMap { hit in
            hit["_source"]?["id"]?.integer.map { MessageID($0) }
        }
    }

    /// What is asked; the user's words are only ever a value, never a query.
    static func body(
        _ query: String, channels: [ChannelID], app: AppID, before: MessageID?, limit: Int
    ) -> JSONValue {
        var body: [String: JSONValue] = [
            "size": .integer(Int64(limit)), "timeout": "3s", "_source": ["id"], "sort": [["id": "desc"]],
            "query": [
                "bool": [
                    "filter": [
                        ["term": ["tenant": .string(app.description)]], ["term": ["deleted": false]],
                        [
                            "terms": [
                                "channel": .array(channels.prefix(maximumChannels).map { .string($0.description) })
                            ]
                        ],
                    ],
                    "must": [
                        [
                            "multi_match": [
                                "query": .string(query), "fields": ["text^2", "text.en", "text.cjk"],
                                "type": "best_fields", "operator": "and",
                            ]
                        ]
                    ],
                ]
            ],
        ]
        if let before { body["search_after"] = [.integer(before.rawValue)] }
        return .object(body)
    }
}
