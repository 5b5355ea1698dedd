import ChatModel
import Foundation
import HTTPTypes

/// `POST /_bulk` with the action `index` and external versions.
enum BulkInterface {
    static func answer(
        _ request: HTTPRequest, _ state: inout ElasticsearchDouble.State
    ) -> (Int, JSONValue) {
        guard request.headers["Content-Type"] == "application/x-ndjson" else {
            return (406, ElasticsearchDouble.error(406, "media_type_header_exception", "expected application/x-ndjson"))
        }
        guard request.body.last == 0x0A else {
            return (
                400,
                ElasticsearchDouble.error(
                    400, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]")
            )
        }
        let lines = request.body.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count.isMultiple(of: 2) else {
            return (400, ElasticsearchDouble.error(400, "illegal_argument_exception", "a document is missing"))
        }
        let requiresAlias = request.query.split(separator: "&").contains("require_alias=true")
        var items: [JSONValue] = []
        for index in stride(from: 0, to: lines.count, by: 2) {
            let decoder = JSONDecoder()
            guard let action = try? decoder.decode(JSONValue.self, from: Data(lines[index])),
                let meta = action["index"], action.object?.count == 1, let name = meta["_index"]?.string,
                let id = meta["_id"]?.string, let version = meta["version"]?.integer,
                meta["version_type"]?.string == "external"
            else {
                return (400, ElasticsearchDouble.error(400, "illegal_argument_exception", "Malformed action line"))
            }
            let source = try? decoder.decode(JSONValue.self, from: Data(lines[index + 1]))
            let (status, error) = write(source, name, id, version, requiresAlias, &state)
            var item: [String: JSONValue] = [
                "_index": .string(name), "_id": .string(id), "status": .integer(Int64(status)),
            ]
            if let error { item["error"] = error } else { item["_version"] = .integer(version) }
            items.append(["index": .object(item)])
        }
        let hasErrors = items.contains { $0["index"]?["error"] != nil }
        return (200, ["took": 1, "errors": .bool(hasErrors), "items": .array(items)])
    }

    private static func write(
        _ source: JSONValue?, _ name: String, _ id: String, _ version: Int64, _ requiresAlias: Bool,
        _ state: inout ElasticsearchDouble.State
    ) -> (Int, JSONValue?) {
        func fail(_ status: Int, _ type: String, _ reason: String) -> (Int, JSONValue?) {
            (status, ["type": .string(type), "reason": .string(reason)])
        }
        var injected: Int?
        if let status = state.itemFailures[id]?.first {
            state.itemFailures[id]?.removeFirst()
            injected = status
        } else if !state.nextItemFailures.isEmpty {
            injected = state.nextItemFailures.removeFirst()
        }
        if let injected {
            return fail(
                injected, injected == 429 ? "es_rejected_execution_exception" : "injected_exception", "injected")
        }
        let target = state.aliases[name].flatMap { $0.count == 1 ? $0.first : nil }
        guard let index = target ?? (requiresAlias ? nil : name), state.indices[index] != nil else {
            return fail(404, "index_not_found_exception", "no such index [\(name)] and [require_alias] is true")
        }
        guard let fields = source?.object else { return fail(400, "document_parsing_exception", "no JSON object") }
        let properties = state.indices[index]?.properties ?? .null
        for (field, value) in fields {
            guard let type = properties[field]?["type"]?.string else {
                return fail(
                    400, "strict_dynamic_mapping_exception",
                    "mapping set to strict, dynamic introduction of [\(field)] within [_doc] is not allowed")
            }
            guard fits(value, type) else {
                return fail(400, "document_parsing_exception", "failed to parse field [\(field)] of type [\(type)]")
            }
        }
        if let current = state.indices[index]?.documents[id]?.version, current >= version {
            return fail(
                409, "version_conflict_engine_exception",
                "[\(id)]: version conflict, current version [\(current)] is higher or equal to the one provided "
                    + "[\(version)]")
        }
        let isNew = state.indices[index]?.documents[id] == nil
        state.indices[index]?.documents[id] = .init(version: version, source: .object(fields))
        return (isNew ? 201 : 200, nil)
    }

    private static func fits(_ value: JSONValue, _ type: String) -> Bool {
        let values = value.array ?? [value]
        return values.allSatisfy { value in
            switch type {
            case "long", "date": value.integer != nil
            case "boolean": value.bool != nil
            case "keyword", "text": value.string != nil
            default: false
            }
        }
    }
}
