import Foundation

/// The zone in which a log's times are told.
struct LocalZone: Sendable {
    static let utc = LocalZone(zone: .gmt)

    private let zone: TimeZone

    private init(zone: TimeZone) { self.zone = zone }

    /// - Parameter name: `Europe/Berlin`, `UTC`, `+02:00`, `-0500`.
    init?(_ name: String) {
        var bytes = Array(name.utf8)[...]
        if let offset = IRCTime.offset(&bytes), bytes.isEmpty, let zone = TimeZone(secondsFromGMT: offset) {
            self.zone = zone
        } else if name.contains("/") || name == "UTC", !name.hasPrefix("/"), !name.contains(".."),
            let zone = TimeZone(identifier: name)
        {
            // Abbreviations mean several zones each, and none of them summer time.
            self.zone = zone
        } else {
            return nil
        }
    }

    /// Milliseconds since 1970 of a time of the zone's clocks.
    ///
    /// A time that they show twice, as summer ends, is the later one; one that they leave out is that of an hour on.
    func milliseconds(day: Int64, second: Int, offset: Int?) -> Int64 {
        let local = day * 86_400 + Int64(second)
        if let offset { return (local - Int64(offset)) * 1000 }
        let guess = local - east(at: local)
        return (local - east(at: guess)) * 1000
    }

    private func east(at seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
}
