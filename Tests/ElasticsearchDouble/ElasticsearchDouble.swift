package import ChatModel
import Foundation
package import HTTPTypes
import Synchronization

/// Stands in for Elasticsearch in tests and trials: keeps documents in memory and is strict where Elasticsearch is.
///
/// It is no Elasticsearch: it knows index templates, aliases, indices, bulk requests with external versions, and of
/// searches just the clauses that Martlet sends; anything else is refused rather than guessed. Words are found by
/// lower-cased comparison, without stemming.
package final class ElasticsearchDouble: Sendable {
    struct Document {
        let version: Int64
        let source: JSONValue
    }

    struct Index {
        var properties: JSONValue
        var documents: [String: Document] = [:]
    }

    struct State {
        var templates: [String: JSONValue] = [:]
        var indices: [String: Index] = [:]
        var aliases: [String: Set<String>] = [:]
        var requestFailures: [Int] = []
        var itemFailures: [String: [Int]] = [:]
        var nextItemFailures: [Int] = []
        var largestRequest = 100 << 20
        var requests = 0
    }

    let state = Mutex(State())

    package init() {}

    // MARK: Injection

    /// The next requests are answered with these statuses.
    package func failRequests(_ statuses: Int...) { state.withLock { $0.requestFailures += statuses } }

    /// The next times that a document of this id is written, its item is answered with these statuses.
    package func failItems(id: String, _ statuses: Int...) {
        state.withLock { $0.itemFailures[id, default: []] += statuses }
    }

    /// The next documents that are written, whichever they are, get these statuses in the place of an item's.
    package func failNextItem(_ statuses: Int...) { state.withLock { $0.nextItemFailures += statuses } }

    package func limitRequests(toBytes bytes: Int) { state.withLock { $0.largestRequest = bytes } }

    // MARK: Looking in

    package var requestCount: Int { state.withLock { $0.requests } }
    package var indexNames: [String] { state.withLock { $0.indices.keys.sorted() } }

    /// The documents of all indices, by id.
    package var documents: [String: JSONValue] {
        state.withLock { state in
            state.indices.values.reduce(into: [:]) { all, index in
                for (id, document) in index.documents { all[id] = document.source }
            }
        }
    }

    package func deleteIndices() {
        state.withLock { state in
            state.indices = [:]
            state.aliases = [:]
        }
    }

    // MARK: Serving

    package func answer(_ request: HTTPRequest) -> HTTPResponse {
        let (status, body) = state.withLock { state -> (Int, JSONValue) in
            state.requests += 1
            if !state.requestFailures.isEmpty {
                let status = state.requestFailures.removeFirst()
                return (status, Self.error(status, "es_rejected_execution_exception", "injected"))
            }
            guard request.body.count <= state.largestRequest else {
                return (413, Self.error(413, "content_too_long", "the request is too large"))
            }
            return Self.route(request, &state)
        }
        let bytes = (try? JSONEncoder().encode(body)).map(Array.init) ?? []
        return HTTPResponse(
            status: status, headers: ["Content-Type": "application/json", "X-elastic-product": "Elasticsearch"],
            body: .bytes(bytes))
    }

    private static func route(_ request: HTTPRequest, _ state: inout State) -> (Int, JSONValue) {
        let parts = request.path.split(separator: "/").map(String.init)
        switch (request.method, parts.count, parts.last) {
        case (.get, 0, _):
            return (200, ["version": ["number": "8.0.0-double"], "tagline": "a double, not Elasticsearch"])
        case (.post, 1, "_bulk"): return BulkInterface.answer(request, &state)
        default: break
        }
        guard let body = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body)) else {
            return (400, error(400, "parse_exception", "the body is no JSON"))
        }
        switch (request.method, parts.count) {
        case (.put, 2) where parts[0] == "_index_template": return putTemplate(parts[1], body, &state)
        case (.post, 1) where parts[0] == "_aliases": return changeAliases(body, &state)
        case (.post, 2) where parts[1] == "_search": return SearchInterface.answer(parts[0], body, state)
        case (.put, 1) where !parts[0].hasPrefix("_"): return makeIndex(parts[0], body, &state)
        default:
            return (
                400, error(400, "illegal_argument_exception", "the double knows no \(request.method) \(request.path)")
            )
        }
    }

    private static func putTemplate(_ name: String, _ body: JSONValue, _ state: inout State) -> (Int, JSONValue) {
        guard let patterns = body["index_patterns"]?.array, !patterns.isEmpty,
            body["template"]?["mappings"]?["properties"]?.object != nil
        else { return (400, error(400, "illegal_argument_exception", "a template needs patterns and mappings")) }
        state.templates[name] = body
        return (200, ["acknowledged": true])
    }

    private static func makeIndex(_ name: String, _ body: JSONValue, _ state: inout State) -> (Int, JSONValue) {
        guard name.lowercased() == name else {
            return (400, error(400, "invalid_index_name_exception", "Invalid index name [\(name)], must be lowercase"))
        }
        guard state.indices[name] == nil, state.aliases[name] == nil else {
            return (400, error(400, "resource_already_exists_exception", "index [\(name)] already exists"))
        }
        let template = state.templates.values.first { template in
            (template["index_patterns"]?.array ?? []).compactMap(\.string).contains { pattern in
                pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : pattern == name
            }
        }
        state.indices[name] = Index(properties: template?["template"]?["mappings"]?["properties"] ?? .object([:]))
        for alias in (body["aliases"]?.object ?? [:]).keys { state.aliases[alias, default: []].insert(name) }
        return (200, ["acknowledged": true, "shards_acknowledged": true, "index": .string(name)])
    }

    private static func changeAliases(_ body: JSONValue, _ state: inout State) -> (Int, JSONValue) {
        var changed = state.aliases
        for action in body["actions"]?.array ?? [] {
            guard let (verb, target) = action.object?.first, let index = target["index"]?.string,
                let alias = target["alias"]?.string, state.indices[index] != nil, state.indices[alias] == nil
            else { return (404, error(404, "index_not_found_exception", "no such index")) }
            switch verb {
            case "add": changed[alias, default: []].insert(index)
            case "remove": changed[alias]?.remove(index)
            default: return (400, error(400, "parsing_exception", "unknown action \(verb)"))
            }
        }
        state.aliases = changed.filter { !$0.value.isEmpty }
        return (200, ["acknowledged": true])
    }

    static func error(_ status: Int, _ type: String, _ reason: String) -> JSONValue {
        ["error": ["type": .string(type), "reason": .string(reason)], "status": .integer(Int64(status))]
    }
}
