import Foundation

/// The result of a run, for people or for programs.
struct Report {
    let seed: UInt64
    let seconds: Double
    let sent: Int
    let acknowledged: Int
    let rows: [Checker.Row]
    let faults: [(name: String, count: Int)]
    let refusals: [String: Int]
    let crashes: [String]

    var isGood: Bool { crashes.isEmpty && rows.allSatisfy(\.isGood) }

    func print() {
        Swift.print("seed \(seed), \(Int(seconds)) s: \(sent) messages sent, \(acknowledged) acknowledged")
        for (name, count) in faults { Swift.print("  \(pad("\(count)", 4)) \(name)") }
        for (name, count) in refusals.sorted(by: { $0.key < $1.key }) {
            Swift.print("  \(pad("\(count)", 4)) × \(name)")
        }
        Swift.print("")
        let names = [
            "reader", "events", "repeats", "seconds", "lost", "doubled", "reordered", "phantom", "gaps", "other",
        ]
        Swift.print(
            names[0].padding(toLength: 18, withPad: " ", startingAt: 0) + names.dropFirst().map { pad($0, 10) }.joined()
        )
        for row in rows {
            let delay = row.delay.map { String(format: "%.1f", $0) } ?? ""
            let numbers = ["\(row.events)", "\(row.repeats)", delay] + row.findings.map { "\($0.1.count)" }
            Swift.print(
                row.name.padding(toLength: 18, withPad: " ", startingAt: 0)
                    + numbers.map { pad($0, 10) }.joined())
        }
        for row in rows {
            for (kind, found) in row.findings {
                for line in found.prefix(5) { Swift.print("\(row.name), \(kind): \(line)") }
            }
        }
        for crash in crashes { Swift.print(crash) }
        Swift.print(isGood ? "\nevery promise was kept" : "\na promise was broken")
    }

    func printJSON() throws {
        var object: [String: Any] = [
            "seed": seed, "seconds": seconds, "sent": sent, "acknowledged": acknowledged, "ok": isGood,
            "crashes": crashes, "refusals": refusals,
            "faults": Dictionary(uniqueKeysWithValues: faults.map { ($0.name, $0.count) }),
        ]
        object["readers"] = rows.map { row -> [String: Any] in
            var fields: [String: Any] = ["name": row.name, "events": row.events, "repeats": row.repeats]
            if let delay = row.delay { fields["seconds"] = delay }
            for (kind, found) in row.findings {
                fields[kind] = found.count
                if !found.isEmpty { fields[kind + "_examples"] = Array(found.prefix(5)) }
            }
            return fields
        }
        let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
        Swift.print(String(decoding: data, as: UTF8.self))
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
