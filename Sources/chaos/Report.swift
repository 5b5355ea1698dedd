import Foundation

/// The result of a run, for people or for programs.
struct Report {
    let options: ChaosOptions
    let seconds: Double
    let sent: Int
    let acknowledged: Int
    let changed: Int
    let rows: [Checker.Row]
    let faults: [(name: String, count: Int)]
    /// Seconds until another relay led, each time that the leading one was stopped.
    let takeovers: [Double]
    let refusals: [String: Int]
    /// How often a process had to be started again because PostgreSQL was away when it started.
    let restarts: Int
    /// Faults that this machine does not let happen, with the reason.
    let leftOut: [String]
    /// How many readers were told that a backup was put back.
    let restore: Int
    /// What is to be told of an upgrade; empty when there was none.
    let upgrade: [String]
    /// What went wrong beside the messages: processes that ended by themselves, and so on.
    let broken: [String]

    var isGood: Bool { broken.isEmpty && rows.allSatisfy(\.isGood) }

    /// What repeats the run.
    var command: String {
        if let program = options.upgradesFrom {
            return "martlet-chaos --upgrade-from \(program) --messages \(options.messages) --rate \(options.rate) "
                + "--topology \(options.topology.rawValue)"
        }
        return "martlet-chaos --seed \(options.seed) --minutes \(options.minutes) --rate \(options.rate) "
            + "--topology \(options.topology.rawValue)"
    }

    func print() {
        Swift.print(
            "seed \(options.seed), \(options.topology.rawValue), \(Int(seconds)) s: \(sent) messages sent, "
                + "\(acknowledged) acknowledged, \(changed) changes")
        for (name, count) in faults { Swift.print("  \(pad("\(count)", 4)) \(name)") }
        if upgrade.isEmpty {
            Swift.print(
                "  \(pad("\(restore)", 4)) readers with a cursor from after a backup that was put back, told so")
        }
        for line in upgrade { Swift.print("  \(line)") }
        for line in leftOut { Swift.print("  left out: \(line)") }
        for (name, count) in refusals.sorted(by: { $0.key < $1.key }) {
            Swift.print("  \(pad("\(count)", 4)) × \(name)")
        }
        if !takeovers.isEmpty {
            let times = takeovers.sorted().map { String(format: "%.1f", $0) }.joined(separator: ", ")
            Swift.print("  another relay led \(times) s after the leading one was stopped")
        }
        if restarts > 0 { Swift.print("  \(restarts) starts failed because a server was away") }
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
                for line in found.examples { Swift.print("\(row.name), \(kind): \(line)") }
            }
        }
        for line in broken { Swift.print(line) }
        Swift.print(isGood ? "\nevery promise was kept" : "\na promise was broken; to repeat the run: \(command)")
    }

    func printJSON() throws {
        var object: [String: Any] = [
            "seed": options.seed, "topology": options.topology.rawValue, "seconds": seconds, "sent": sent,
            "acknowledged": acknowledged, "changed": changed, "ok": isGood, "broken": broken, "refusals": refusals,
            "takeovers": takeovers, "restarts": restarts, "command": command, "left_out": leftOut, "restore": restore,
            "upgrade": upgrade,
            "faults": Dictionary(uniqueKeysWithValues: faults.map { ($0.name, $0.count) }),
        ]
        object["readers"] = rows.map { row -> [String: Any] in
            var fields: [String: Any] = ["name": row.name, "events": row.events, "repeats": row.repeats]
            if let delay = row.delay { fields["seconds"] = delay }
            for (kind, found) in row.findings {
                fields[kind] = found.count
                if !found.isEmpty { fields[kind + "_examples"] = found.examples }
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
