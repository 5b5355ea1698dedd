import ChatModel
import HTTPTypes
import MartletClient
import Synchronization

/// A person who asks `/v1/events` again and again, by cursor.
final class PollReader: Sendable {
    let journal = Journal("long poll", repeats: .never)
    private let person: Person
    private let place = Mutex<Cursor?>(nil)

    private struct Page: Decodable {
        var events: [Frame]
        var cursor: Cursor
    }

    init(_ person: Person) { self.person = person }

    /// Up to where it has read.
    var cursor: Cursor? { place.withLock { $0 } }

    /// Finds where the log is now; every later event counts.
    func begin() async throws {
        let page: Page = try await person.client(0).call(.get, "/v1/events")
        place.withLock { $0 = page.cursor }
    }

    func run() async {
        var number = 0
        while !Task.isCancelled {
            guard let after = cursor else { return }
            do {
                let page: Page = try await person.client(number)
                    .call(.get, "/v1/events?after=\(after)&wait=5&limit=200")
                for event in page.events {
                    guard let at = event.cursor else {
                        journal.trouble("an event without a cursor")
                        continue
                    }
                    if let sighting = event.sighting { journal.saw(sighting, at: at) }
                }
                place.withLock { $0 = page.cursor }
            } catch {
                switch (error as? MartletClientError)?.status {
                case 410: journal.trouble("was told that events are gone after \(after)")
                case 401: person.client(number).forgetTokens()
                default: break
                }
                number += 1
                try? await Task.sleep(for: .milliseconds(300))
            }
        }
    }

    /// The whole log from where the reader began, read anew.
    static func log(_ person: Person, after start: Cursor) async throws -> [LoggedEvent] {
        var log: [LoggedEvent] = []
        var after = start
        while true {
            let page: Page = try await person.client(0).call(.get, "/v1/events?after=\(after)&limit=200")
            for event in page.events {
                guard let cursor = event.cursor, let sighting = event.sighting else { continue }
                log.append(LoggedEvent(cursor: cursor, sighting: sighting))
            }
            guard page.cursor > after else { return log }
            after = page.cursor
        }
    }
}
