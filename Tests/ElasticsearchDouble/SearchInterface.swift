import ChatModel

/// `POST /<index>/_search` with the clauses `term`, `terms`, `multi_match` (operator `and`) and the sort by id.
enum SearchInterface {
    private struct Unknown: Error { let reason: String }

    static func answer(
        _ name: String, _ body: JSONValue, _ state: ElasticsearchDouble.State
    ) -> (Int, JSONValue) {
        let known: Set<String> = ["size", "timeout", "_source", "sort", "query", "search_after", "track_total_hits"]
        if let unknown = body.object?.keys.first(where: { !known.contains($0) }) {
            return refuse("unknown key [\(unknown)]")
        }
        guard body["sort"] == [["id": "desc"]], let size = body["size"]?.integer, (0...10_000).contains(size),
            let query = body["query"]?["bool"]
        else { return refuse("the double sorts by id and wants a size and a bool query") }
        let names = state.aliases[name] ?? (state.indices[name] == nil ? [] : [name])
        do {
            var hits = try names.flatMap { state.indices[$0]?.documents.values.map(\.source) ?? [] }
                .filter { try matches($0, query) }
            hits.sort { ($0["id"]?.integer ?? 0) > ($1["id"]?.integer ?? 0) }
            if let after = body["search_after"]?[0]?.integer { hits = hits.filter { ($0["id"]?.integer ?? 0) < after } }
            let page = hits.prefix(Int(size)).map { source -> JSONValue in
                let id = source["id"] ?? .null
                return ["_id": .string("\(id.integer ?? 0)"), "_source": ["id": id], "sort": [id]]
            }
            return (
                200,
                [
                    "took": 1, "timed_out": false, "_shards": ["total": 1, "successful": 1, "failed": 0],
                    "hits": ["total": ["value": .integer(Int64(hits.count)), "relation": "eq"], "hits": .array(page)],
                ]
            )
        } catch let error as Unknown {
            return refuse(error.reason)
        } catch {
            return refuse("\(error)")
        }
    }

    private static func refuse(_ reason: String) -> (Int, JSONValue) {
        (400, ElasticsearchDouble.error(400, "parsing_exception", reason))
    }

    private static func matches(_ source: JSONValue, _ query: JSONValue) throws -> Bool {
        for (occurrence, clauses) in query.object ?? [:] {
            guard ["filter", "must"].contains(occurrence), let clauses = clauses.array else {
                throw Unknown(reason: "unknown clause [\(occurrence)]")
            }
            for clause in clauses where try !matches(source, clause: clause) { return false }
        }
        return true
    }

    private static func matches(_ source: JSONValue, clause: JSONValue) throws -> Bool {
        guard let (kind, content) = clause.object?.first, clause.object?.count == 1 else {
            throw Unknown(reason: "a clause has one key")
        }
        switch kind {
        case "term":
            return (content.object ?? [:]).allSatisfy { source[$0.key] == $0.value }
        case "terms":
            return (content.object ?? [:]).allSatisfy { field, values in
                (values.array ?? []).contains { source[field] == $0 }
            }
        case "multi_match":
            guard let text = content["query"]?.string, content["operator"] == "and" else {
                throw Unknown(reason: "multi_match needs a query and the operator and")
            }
            let words = Set(tokens(source["text"]?.string ?? ""))
            return tokens(text).allSatisfy(words.contains)
        default: throw Unknown(reason: "unknown query [\(kind)]")
        }
    }

    private static func tokens(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
