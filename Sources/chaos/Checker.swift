/// Compares what readers saw with what is stored, and what is stored with what was promised.
struct Checker {
    /// The numbers of one reader, of which all findings must be empty.
    struct Row {
        var name: String
        var events: Int
        var repeats: Int
        /// Seconds from the last acknowledgement until everything was seen.
        var delay: Double?
        var lost: [String] = []
        var doubled: [String] = []
        var reordered: [String] = []
        var phantom: [String] = []
        var gaps: [String] = []
        var troubles: [String] = []

        var findings: [(String, [String])] {
            [
                ("lost", lost), ("doubled", doubled), ("reordered", reordered), ("phantom", phantom), ("gaps", gaps),
                ("other", troubles),
            ]
        }
        var isGood: Bool { findings.allSatisfy { $0.1.isEmpty } }
    }

    let ledger: Ledger
    /// The last number of each channel before the first message of the run.
    let base: [Int64: Int64]

    /// The history against the acknowledgements.
    func history(_ stored: [(text: String, place: Place)]) -> Row {
        var row = Row(name: "history", events: stored.count, repeats: ledger.repeats)
        let acknowledged = ledger.acknowledged
        let sent = ledger.sent
        var places: [MessageKey: Place] = [:]
        var last = base
        for (text, place) in stored {
            checkOrder(place, &last, &row)
            guard let key = MessageKey(text), sent[key] == place.channel else {
                row.phantom.append("\(place): \(text.prefix(40))")
                continue
            }
            if let before = places[key] { row.doubled.append("\(key) at \(before) and at \(place)") }
            places[key] = place
        }
        for (key, place) in acknowledged where places[key] != place {
            row.lost.append("\(key) was acknowledged as \(place)")
        }
        row.doubled += ledger.contradictions
        for key in sent.keys where acknowledged[key] == nil {
            row.troubles.append("\(key) was never acknowledged")
        }
        return row
    }

    /// A reader's journal against the history.
    func reader(_ journal: Journal, _ stored: [(text: String, place: Place)], delay: Double? = nil) -> Row {
        let findings = journal.findings
        var row = Row(name: journal.name, events: findings.entries.count, repeats: findings.repeats, delay: delay)
        row.doubled = findings.doubled
        row.reordered = findings.reordered
        row.troubles = findings.troubles
        let known = Set(stored.map(\.place))
        var seen: Set<Place> = []
        var last = base
        for entry in findings.entries {
            checkOrder(entry.place, &last, &row)
            if !known.contains(entry.place) { row.phantom.append("\(entry.place): \(entry.text.prefix(40))") }
            if !seen.insert(entry.place).inserted { row.doubled.append("\(entry.place) under two cursors") }
        }
        for (text, place) in stored where !seen.contains(place) { row.lost.append("\(text) at \(place)") }
        return row
    }

    private func checkOrder(_ place: Place, _ last: inout [Int64: Int64], _ row: inout Row) {
        let before = last[place.channel] ?? 0
        if place.seq <= before {
            row.reordered.append("\(place) after \(before)")
        } else if place.seq != before + 1 {
            row.gaps.append("\(place) after \(before)")
        }
        last[place.channel] = max(before, place.seq)
    }
}
