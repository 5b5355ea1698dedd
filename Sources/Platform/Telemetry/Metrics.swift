import Synchronization

/// Holds every series of the process and renders them for Prometheus.
///
/// Series exist from the moment they are declared, at zero, so that a rate can be taken from the first scrape. Labels
/// come from bounded sets (route templates, bridge names, codes), never from what a client sent. Names follow
/// `martlet_<area>_<what>_<unit>`.
package final class Metrics: Sendable {
    private struct Family {
        var help: String
        var kind: String
        var series: [(labels: String, render: @Sendable (_ name: String, _ labels: String) -> String)] = []
    }

    private let families = Mutex<[String: Family]>([:])

    package init() {}

    /// A number that only grows.
    package func counter(_ name: String, _ help: String, _ labels: [String: String] = [:]) -> Counter {
        let counter = Counter()
        add(name, help, "counter", labels) { name, labels in "\(name)\(labels) \(counter.value)\n" }
        return counter
    }

    /// A number that goes up and down.
    package func gauge(_ name: String, _ help: String, _ labels: [String: String] = [:]) -> Gauge {
        let gauge = Gauge()
        add(name, help, "gauge", labels) { name, labels in "\(name)\(labels) \(gauge.value)\n" }
        return gauge
    }

    /// A number that is read when somebody asks for it.
    package func gauge(
        _ name: String, _ help: String, _ labels: [String: String] = [:], read: @escaping @Sendable () -> Double
    ) {
        add(name, help, "gauge", labels) { name, labels in "\(name)\(labels) \(read())\n" }
    }

    /// A distribution of durations, in seconds.
    package func histogram(_ name: String, _ help: String, _ labels: [String: String] = [:]) -> Histogram {
        let histogram = Histogram()
        add(name, help, "histogram", labels) { name, labels in histogram.render(name, labels) }
        return histogram
    }

    /// Renders every series in Prometheus' text format 0.0.4.
    package func exposition() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind)\n"
            for series in family.series { text += series.render(name, series.labels) }
        }
        return text
    }

    private func add(
        _ name: String, _ help: String, _ kind: String, _ labels: [String: String],
        _ render: @escaping @Sendable (String, String) -> String
    ) {
        let text = labels.isEmpty ? "" : "{\(Self.render(labels))}"
        families.withLock {
            $0[name, default: Family(help: help, kind: kind)].series.append((text, render))
        }
    }

    private static func render(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { key, value in
            let escaped = value.map { character in
                switch character {
                case "\\": "\\\\"
                case "\"": "\\\""
                case "\n": "\\n"
                default: String(character)
                }
            }.joined()
            return "\(key)=\"\(escaped)\""
        }.joined(separator: ",")
    }
}

/// A number that only grows.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    package var value: Int { count.load(ordering: .relaxed) }
    package func add(_ amount: Int = 1) { count.wrappingAdd(amount, ordering: .relaxed) }
}

/// A number that goes up and down.
package final class Gauge: Sendable {
    private let current = Atomic<Int>(0)
    package var value: Int { current.load(ordering: .relaxed) }
    package func set(_ value: Int) { current.store(value, ordering: .relaxed) }
    package func add(_ amount: Int = 1) { current.wrappingAdd(amount, ordering: .relaxed) }
}

/// Counts durations in fixed buckets from 0.1 ms to 10 s.
package final class Histogram: Sendable {
    /// Upper bounds in seconds; one more bucket, `+Inf`, follows.
    package static let bounds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct State {
        var counts = [Int](repeating: 0, count: Histogram.bounds.count + 1)
        var sum = 0.0
    }

    private let state = Mutex(State())

    package func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        record(seconds: Double(seconds) + Double(attoseconds) * 1e-18)
    }

    package func record(seconds: Double) {
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock {
            $0.counts[bucket] += 1
            $0.sum += seconds
        }
    }

    package var count: Int { state.withLock { $0.counts.reduce(0, +) } }

    fileprivate func render(_ name: String, _ labels: String) -> String {
        let state = state.withLock { $0 }
        let inner = labels.dropFirst().dropLast()
        let prefix = inner.isEmpty ? "" : "\(inner),"
        var text = ""
        var total = 0
        for (index, count) in state.counts.enumerated() {
            total += count
            let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
            text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(total)\n"
        }
        return text + "\(name)_sum\(labels) \(state.sum)\n\(name)_count\(labels) \(total)\n"
    }
}
