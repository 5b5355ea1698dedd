import BridgeKit
import ChatModel
import Foundation
import HTTPClient
import HTTPTypes

/// Writes documents by the bulk interface and reads the answer item by item.
struct BulkWriter: Sendable {
    private static let largestRequest = 5 << 20

    let client: ElasticsearchClient
    let partitions: IndexPartitions

    /// - Returns: One outcome an operation, in their order.
    func write(_ operations: [BulkOperation]) async -> [BridgeOutcome] {
        guard !operations.isEmpty else { return [] }
        do throws(BridgeError) {
            for month in Set(operations.map(\.month)).sorted() { try await partitions.ensure(month) }
            var body: [UInt8] = []
            for operation in operations {
                guard let lines = try? operation.lines() else { throw .giveUp(reason: "the message is no JSON") }
                body += lines
            }
            if body.count > Self.largestRequest, operations.count > 1 { return await halves(operations) }
            let response = try await client.send(
                .post, "/_bulk?require_alias=true&timeout=30s", body, type: "application/x-ndjson")
            if response.status == 413 { return await tooLarge(operations) }
            guard (200..<300).contains(response.status) else { throw ElasticsearchClient.failure(response) }
            return try outcomes(response, operations)
        } catch {
            return operations.map { _ in .failed(error) }
        }
    }

    private func halves(_ operations: [BulkOperation]) async -> [BridgeOutcome] {
        let middle = operations.count / 2
        return await write(Array(operations[..<middle])) + write(Array(operations[middle...]))
    }

    private func tooLarge(_ operations: [BulkOperation]) async -> [BridgeOutcome] {
        if operations.count > 1 { return await halves(operations) }
        if let shortened = operations[0].shortened { return await write([shortened]) }
        return [.failed(BridgeError.giveUp(reason: "Elasticsearch takes no request as small as one message"))]
    }

    /// Success of the request says nothing: each item has a status of its own, by position.
    private func outcomes(
        _ response: HTTPClientResponse, _ operations: [BulkOperation]
    ) throws(BridgeError) -> [BridgeOutcome] {
        guard let answer = try? JSONDecoder().decode(JSONValue.self, from: Data(response.body)),
            let items = answer["items"]?.array, items.count == operations.count
        else { throw .retry(reason: "Elasticsearch's answer does not tell of every document") }
        return zip(items, operations).map { item, operation in
            guard let result = item["index"], let status = result["status"]?.integer else {
                return .failed(BridgeError.retry(reason: "Elasticsearch's answer does not tell of a document"))
            }
            return outcome(Int(status), result, operation)
        }
    }

    private func outcome(_ status: Int, _ result: JSONValue, _ operation: BulkOperation) -> BridgeOutcome {
        let reason = ElasticsearchClient.reason(result) ?? "Elasticsearch answered \(status)"
        let type = result["error"]?["type"]?.string
        if type == "cluster_block_exception" { return .failed(BridgeError.targetDown(reason: reason)) }
        switch status {
        case 200..<300: return .done
        // A newer version is there already.
        case 409 where type == "version_conflict_engine_exception": return .done
        case 404:
            partitions.forget(operation.month)
            return .failed(BridgeError.retry(reason: reason))
        case 400: return .failed(BridgeError.giveUp(reason: reason))
        default: return .failed(BridgeError.retry(reason: reason))
        }
    }
}
