/// Counts of durations in fixed memory, exact to less than one part in a hundred, from a nanosecond to eighteen minutes.
///
/// Buckets are linear within a power of two, as those of HdrHistogram.
package struct Histogram: Sendable {
    private static let precisionBits = 7
    private static let largest: UInt64 = 1 << 40
    private static let size = Self.index(largest) + 1

    private var counts = [UInt64](repeating: 0, count: Histogram.size)
    package private(set) var count: UInt64 = 0
    private var sum: Double = 0
    package private(set) var maximum: UInt64 = 0

    package init() {}

    /// - Parameter nanoseconds: What is longer than the largest bucket is counted there.
    package mutating func record(_ nanoseconds: UInt64) {
        let value = min(nanoseconds, Self.largest)
        counts[Self.index(value)] += 1
        count += 1
        sum += Double(value)
        maximum = max(maximum, value)
    }

    package mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum += other.sum
        maximum = max(maximum, other.maximum)
    }

    /// Nanoseconds; 0 when nothing was recorded.
    package var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// The duration in nanoseconds that the given share of all does not exceed.
    ///
    /// - Parameter share: From 0 to 1.
    package func value(at share: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = max(1, UInt64((share * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, number) in counts.enumerated() where number > 0 {
            seen += number
            if seen >= rank { return min(Self.highest(of: index), maximum) }
        }
        return maximum
    }

    private static func index(_ value: UInt64) -> Int {
        let shift = max(0, 63 - value.leadingZeroBitCount - precisionBits)
        return shift << precisionBits + Int(value >> UInt64(shift))
    }

    /// The largest value that is counted in a bucket.
    private static func highest(of index: Int) -> UInt64 {
        let shift = max(0, index >> precisionBits - 1)
        let mantissa = UInt64(index - shift << precisionBits)
        return (mantissa + 1) << UInt64(shift) - 1
    }
}
