import EventLoop
import MartletClient

/// An account with a client for each process of the role `api`.
struct Person: Sendable {
    private let clients: [MartletClient]

    /// - Throws: `MartletClientError` for an address that makes no sense.
    init(handle: String, password: String, urls: [String], loop: EventLoop) throws {
        clients = try urls.map {
            // Shorter than the patience of those who wait for the result: the next try goes to another process.
            try MartletClient(
                url: $0, credentials: .password(handle: handle, password: password), loop: loop, timeout: .seconds(12))
        }
    }

    /// The client for a try: each goes to the next process.
    func client(_ number: Int) -> MartletClient { clients[number % clients.count] }
}
