import ChatModel
import HTTPTypes
import MartletClient
import Synchronization

/// A person who asks `/v1/events` again and again, by cursor.
final class PollReader: Sendable {
    let journal = Journal("long poll", repeats: .never)
    private let client: MartletClient
    private let cursor = Mutex<Cursor?>(nil)

    private struct Page: Decodable {
        var events: [Frame]
        var cursor: Cursor
    }

    init(client: MartletClient) { self.client = client }

    /// Finds where the log is now; every later event counts.
    func begin() async throws {
        let page: Page = try await client.call(.get, "/v1/events")
        cursor.withLock { $0 = page.cursor }
    }

    func run() async {
        while !Task.isCancelled {
            guard let after = cursor.withLock({ $0 }) else { return }
            do {
                let page: Page = try await client.call(.get, "/v1/events?after=\(after)&wait=5&limit=200")
                journal.connected()
                for event in page.events {
                    guard let at = event.cursor else { continue }
                    if let data = event.data { journal.saw(data, at: at) }
                }
                cursor.withLock { $0 = page.cursor }
            } catch let error as MartletClientError {
                if error.status == 410 { journal.trouble("was told that events are gone after \(after)") }
                try? await Task.sleep(for: .milliseconds(300))
            } catch {
                try? await Task.sleep(for: .milliseconds(300))
            }
        }
    }
}
