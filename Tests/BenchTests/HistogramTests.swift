import LoadGenerator
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HistogramTests {
    @Test func `every percentile is at most one part in a hundred above the true one, and never below it`() {
        var histogram = Histogram()
        // From a nanosecond to eleven days, by steps of a third.
        var values: [UInt64] = []
        var value = 1.0
        while value < 1e12 {
            values.append(UInt64(value))
            value *= 1.3
        }
        for value in values { histogram.record(value) }
        for (index, value) in values.enumerated() {
            let found = histogram.value(at: Double(index + 1) / Double(values.count))
            #expect(found >= value)
            #expect(Double(found) <= Double(value) * 1.01)
        }
    }

    @Test func `percentiles of a thousand are those of the sorted list`() {
        var histogram = Histogram()
        for number in 1...1000 { histogram.record(UInt64(number * 1000)) }
        #expect((500_000...505_000).contains(histogram.value(at: 0.5)))
        #expect((990_000...999_900).contains(histogram.value(at: 0.99)))
        #expect(histogram.value(at: 1) == 1_000_000)
        #expect(histogram.mean == 500_500)
        #expect(histogram.count == 1000)
    }

    @Test func `what is longer than the largest bucket is counted there`() {
        var histogram = Histogram()
        histogram.record(.max)
        histogram.record(0)
        #expect(histogram.value(at: 0.5) == 0)
        #expect(histogram.value(at: 1) == 1 << 40)
    }

    @Test func `an empty one has zeros`() {
        #expect(Histogram().value(at: 0.99) == 0)
        #expect(Histogram().mean == 0)
    }

    @Test func `two added up are as one that has recorded everything`() {
        var first = Histogram()
        var second = Histogram()
        var both = Histogram()
        for number in 1...500 {
            first.record(UInt64(number))
            second.record(UInt64(number * 7919))
            both.record(UInt64(number))
            both.record(UInt64(number * 7919))
        }
        first.add(second)
        for share in [0.01, 0.5, 0.9, 0.999, 1] { #expect(first.value(at: share) == both.value(at: share)) }
        #expect(first.count == both.count)
    }
}
