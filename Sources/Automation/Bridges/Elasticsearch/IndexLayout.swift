import ChatModel

/// How messages lie in indices: one a month, by the time when the message was first said.
///
/// An edit or a deletion years later finds the index without asking. Each index has an alias to write to and one that
/// all share to read from, so that an index can be replaced behind them.
struct IndexLayout: Sendable {
    let prefix: String
    let shards: Int
    let replicas: Int

    var readAlias: String { prefix }
    func writeAlias(_ month: String) -> String { "\(prefix)-w-\(month)" }
    func firstIndex(_ month: String) -> String { "\(prefix)-\(month)-000001" }

    /// The month of an RFC 3339 time: `2025.11`.
    static func month(of time: String) -> String { String(time.prefix(7)).replacing("-", with: ".") }

    /// Needs no plugin and leaves no word out.
    var template: JSONValue {
        [
            "index_patterns": [.string("\(prefix)-2*")],
            "priority": 200,
            "template": [
                "settings": [
                    "number_of_shards": .integer(Int64(shards)), "number_of_replicas": .integer(Int64(replicas)),
                    "refresh_interval": "2s", "index.gc_deletes": "1h", "analysis": Self.analysis,
                ],
                "mappings": ["dynamic": "strict", "properties": Self.properties],
            ],
        ]
    }

    private static let analysis: JSONValue = [
        "filter": [
            "fold": ["type": "asciifolding", "preserve_original": true],
            "en": ["type": "stemmer", "language": "light_english"],
        ],
        "analyzer": [
            "chat": ["type": "custom", "tokenizer": "standard", "filter": ["lowercase", "fold"]],
            "chat_en": ["type": "custom", "tokenizer": "standard", "filter": ["lowercase", "fold", "en"]],
        ],
    ]

    private static let properties: JSONValue = [
        "id": ["type": "long"], "tenant": ["type": "keyword"], "channel": ["type": "keyword"],
        "thread": ["type": "keyword"], "author": ["type": "keyword"], "kind": ["type": "keyword"],
        "created": ["type": "date", "format": "epoch_millis"], "edited": ["type": "date", "format": "epoch_millis"],
        "text": [
            "type": "text", "analyzer": "chat",
            "fields": ["en": ["type": "text", "analyzer": "chat_en"], "cjk": ["type": "text", "analyzer": "cjk"]],
        ],
        "has": ["type": "keyword"], "deleted": ["type": "boolean"], "rev": ["type": "long"],
    ]
}
