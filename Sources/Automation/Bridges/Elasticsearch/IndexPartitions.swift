import BridgeKit
import ChatModel
import Foundation
import HTTPClient
import HTTPTypes
import Synchronization

/// Makes the indices of months when they are first written to.
final class IndexPartitions: Sendable {
    private let client: ElasticsearchClient
    private let layout: IndexLayout
    private let known = Mutex<Set<String>>([])

    init(client: ElasticsearchClient, layout: IndexLayout) {
        self.client = client
        self.layout = layout
    }

    /// Makes the index of a month with its aliases unless it is there.
    func ensure(_ month: String) async throws(BridgeError) {
        guard !known.withLock({ $0.contains(month) }) else { return }
        let aliases: JSONValue = .object([
            layout.readAlias: .object([:]), layout.writeAlias(month): ["is_write_index": true],
        ])
        guard let body = try? JSONEncoder().encode(JSONValue.object(["aliases": aliases])) else { return }
        let response = try await client.send(.put, "/\(layout.firstIndex(month))", Array(body))
        let isThere =
            response.status == 400
            && String(decoding: response.body, as: UTF8.self).contains("resource_already_exists_exception")
        guard (200..<300).contains(response.status) || isThere else { throw ElasticsearchClient.failure(response) }
        known.withLock { _ = $0.insert(month) }
    }

    /// The alias of a month was not there although it should have been.
    func forget(_ month: String) { known.withLock { _ = $0.remove(month) } }
}
