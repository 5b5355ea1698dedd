/// A point in time, in milliseconds since 1970-01-01T00:00:00Z; `timestamptz` to the server.
///
/// What lies beyond the server's range at either end is `infinity` and `-infinity` there, and `Int64.max` and
/// `Int64.min` here. Microseconds are rounded down.
package struct PostgresTimestamp: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// 2000-01-01, from which the server counts.
    private static let epoch: Int64 = 946_684_800_000

    /// Microseconds since 2000, as the wire has them.
    var wireValue: Int64 {
        let (shifted, underflow) = milliseconds.subtractingReportingOverflow(Self.epoch)
        let (result, overflow) = shifted.multipliedReportingOverflow(by: 1000)
        guard !underflow, !overflow else { return milliseconds < 0 ? .min : .max }
        return result
    }

    init(wireValue: Int64) {
        switch wireValue {
        case .max, .min: milliseconds = wireValue
        default:
            let (quotient, remainder) = wireValue.quotientAndRemainder(dividingBy: 1000)
            milliseconds = quotient + Self.epoch - (remainder < 0 ? 1 : 0)
        }
    }
}

/// JSON text that is handed on unread; `json` to the server, which checks it and casts it where a column is `jsonb`.
package struct PostgresJSON: Sendable, Hashable {
    package let text: String
    package init(_ text: String) { self.text = text }
}
