import Foundation

/// Maps the values of one axis to a stretch of the picture, and chooses where it is marked.
package struct Axis: Sendable {
    package enum Scale: Sendable {
        /// From zero on.
        case linear
        case logarithmic
    }

    let scale: Scale
    let low: Double
    let high: Double
    package let ticks: [Double]

    /// - Parameter values: What has to fit; what a logarithm has no place for is left out.
    package init(_ values: [Double], scale: Scale) {
        self.scale = scale
        switch scale {
        case .linear:
            let top = max(values.filter(\.isFinite).max() ?? 1, 1e-9)
            let step = Self.step(top / 5)
            let count = (top / step).rounded(.up)
            low = 0
            high = step * count
            ticks = (0...Int(count)).map { Double($0) * step }
        case .logarithmic:
            let usable = values.filter { $0 > 0 && $0.isFinite }
            let bottom = usable.min() ?? 1
            let top = usable.max() ?? 10
            let first = Int(log10(bottom).rounded(.down))
            let last = max(Int(log10(top).rounded(.up)), first + 1)
            let decades = (first...last).map { pow(10, Double($0)) }
            // Within few decades the marks between are wanted too.
            var marks = last - first > 3 ? decades : decades.flatMap { [$0, 2 * $0, 5 * $0] }
            let under = marks.last { $0 <= bottom } ?? decades[0]
            let over = marks.first { $0 >= top } ?? decades[decades.count - 1]
            marks = marks.filter { $0 >= under && $0 <= over }
            low = under
            high = over > under ? over : under * 10
            ticks = marks.count > 1 ? marks : [low, high]
        }
    }

    /// Where a value lies, from 0 at the low end to 1 at the high end.
    package func position(_ value: Double) -> Double {
        switch scale {
        case .linear: return (value - low) / (high - low)
        case .logarithmic:
            guard value > 0 else { return 0 }
            return (log10(value) - log10(low)) / (log10(high) - log10(low))
        }
    }

    /// The next larger of 1, 2, 2.5 and 5, times a power of ten.
    private static func step(_ least: Double) -> Double {
        let power = pow(10, log10(least).rounded(.down))
        let factor = [1, 2, 2.5, 5, 10].first { $0 * power >= least * (1 - 1e-9) } ?? 10
        return factor * power
    }

    /// `1,000`, `2.5k` and the like: as short as it can be read.
    package static func label(_ value: Double) -> String {
        func short(_ number: Double) -> String {
            let text = String(format: "%.2f", number)
            return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
        }
        switch value.magnitude {
        case 0: return "0"
        case 1_000_000...: return short(value / 1_000_000) + "M"
        case 10_000...: return short(value / 1_000) + "k"
        case 1_000...:
            let whole = Int(value.rounded())
            return "\(whole / 1000)," + String(format: "%03d", whole % 1000)
        case 0.01...: return short(value)
        default: return String(format: "%.0e", value)
        }
    }
}
