/// Compares what is stored with what was promised, and what readers saw with what is stored.
struct Checker {
    /// The numbers of one reader, of which all findings must be empty.
    struct Row {
        var name: String
        var events: Int
        var repeats = 0
        /// Seconds from the last acknowledgement until everything was seen.
        var delay: Double?
        var lost = Tally()
        var doubled = Tally()
        var reordered = Tally()
        var phantom = Tally()
        var gaps = Tally()
        var troubles = Tally()

        var findings: [(String, Tally)] {
            [
                ("lost", lost), ("doubled", doubled), ("reordered", reordered), ("phantom", phantom), ("gaps", gaps),
                ("other", troubles),
            ]
        }
        var isGood: Bool { findings.allSatisfy { $0.1.isEmpty } }

        init(_ name: String, events: Int) {
            self.name = name
            self.events = events
        }
    }

    let ledger: Ledger
    /// The last number of each channel before the first message of the run.
    let base: [Int64: Int64]

    /// The history against the acknowledgements.
    func history(_ stored: [StoredMessage]) -> Row {
        var row = Row("history", events: stored.count)
        row.repeats = ledger.repeats
        var places: [MessageKey: Place] = [:]
        var last = base
        for message in stored {
            checkOrder(message.place, &last, &row)
            guard let key = message.key, let record = ledger.record(of: key), record.channel == message.place.channel
            else {
                row.phantom.add("\(message.place): \(message.text.prefix(40))")
                continue
            }
            if let before = places[key] { row.doubled.add("\(key) at \(before) and at \(message.place)") }
            places[key] = message.place
            checkChanges(message, key, record, &row)
        }
        for (key, record) in ledger.all {
            guard let place = record.place else {
                row.troubles.add("\(key) was never acknowledged")
                continue
            }
            if places[key] != place { row.lost.add("\(key) was acknowledged as \(place)") }
        }
        row.doubled.add(ledger.contradictions)
        row.troubles.add(ledger.troubles)
        return row
    }

    private func checkChanges(_ message: StoredMessage, _ key: MessageKey, _ record: Ledger.Record, _ row: inout Row) {
        if message.reactions > 1 { row.doubled.add("\(message.reactions) reactions of one person to \(key)") }
        if message.reactions > 0, !record.asked.contains(.reaction) { row.phantom.add("a reaction to \(key)") }
        guard !message.isDeleted else {
            if !record.asked.contains(.deletion) { row.phantom.add("the deletion of \(key)") }
            if !message.text.isEmpty { row.phantom.add("\(key) is deleted and says \(message.text.prefix(40))") }
            return
        }
        if record.done.contains(.deletion) { row.lost.add("the deletion of \(key)") }
        if record.done.contains(.reaction), message.reactions == 0 { row.lost.add("the reaction to \(key)") }
        switch message.text {
        case key.text: if record.done.contains(.edit) { row.lost.add("the change of \(key)") }
        case key.changedText: if !record.asked.contains(.edit) { row.phantom.add("the change of \(key)") }
        default: row.phantom.add("\(key) says \(message.text.prefix(40))")
        }
    }

    /// The event log against the history and the acknowledged changes.
    func log(_ log: [LoggedEvent], _ stored: [StoredMessage]) -> Row {
        var row = Row("event log", events: log.count)
        var keys: [Place: MessageKey] = [:]
        for message in stored { keys[message.place] = message.key }
        var told: [Place: Ledger.Change] = [:]
        var last = base
        var before: LoggedEvent?
        for event in log {
            let place = event.sighting.place
            if let before, event.cursor <= before.cursor { row.reordered.add("\(event.cursor) after \(before.cursor)") }
            before = event
            if !event.sighting.isGenuine { row.phantom.add("\(event.cursor) with another text") }
            guard keys[place] != nil else {
                row.phantom.add("\(event.cursor) at \(place)")
                continue
            }
            guard event.sighting.kind != .created else {
                checkOrder(place, &last, &row)
                if told[place] != nil { row.doubled.add("\(place) was created twice") }
                told[place] = told[place] ?? []
                continue
            }
            let (change, mayRepeat) = Self.change(event.sighting.kind)
            guard let known = told[place] else {
                row.reordered.add("\(event.cursor) changes \(place) before it was created")
                continue
            }
            if known.contains(.deletion), change != .deletion {
                row.reordered.add("\(event.cursor) changes \(place) after it was deleted")
            }
            if known.contains(change) {
                if mayRepeat { row.repeats += 1 } else { row.doubled.add("\(event.cursor) changes \(place) again") }
            }
            told[place]?.insert(change)
        }
        for (place, key) in keys {
            guard let known = told[place] else {
                row.lost.add("\(key) at \(place)")
                continue
            }
            guard let record = ledger.record(of: key) else { continue }
            if !record.done.isSubset(of: known) { row.lost.add("a change of \(key)") }
            if !known.isSubset(of: record.asked) { row.phantom.add("a change of \(key) that nobody asked for") }
        }
        return row
    }

    /// What an event changes, and whether sending the change again may tell it twice.
    private static func change(_ kind: Sighting.Kind) -> (Ledger.Change, mayRepeat: Bool) {
        switch kind {
        case .created: ([], false)
        // There is no nonce for an edit: one whose answer was lost is made again, to the same text.
        case .updated: (.edit, true)
        case .deleted: (.deletion, false)
        case .reacted: (.reaction, false)
        }
    }

    /// A reader's journal against what there was to see.
    func reader(_ journal: Journal, _ log: [LoggedEvent], delay: Double? = nil) -> Row {
        let findings = journal.findings
        var row = Row(journal.name, events: findings.events.count)
        row.repeats = findings.repeats
        row.delay = delay
        row.doubled = findings.doubled
        row.reordered = findings.reordered
        row.troubles = findings.troubles
        var expected = Dictionary(log.map { ($0.cursor, $0.sighting) }) { first, _ in first }
        var created: Set<Place> = []
        var newest: [Int64: LoggedEvent] = [:]
        var last = base
        for event in findings.events {
            let place = event.sighting.place
            if let before = newest[place.channel], event.cursor < before.cursor {
                row.reordered.add("\(event.cursor) after \(before.cursor) in channel \(place.channel)")
            } else {
                newest[place.channel] = event
            }
            if event.sighting.kind == .created {
                checkOrder(place, &last, &row)
                if !created.insert(place).inserted { row.doubled.add("\(place) under two cursors") }
            }
            guard let logged = expected.removeValue(forKey: event.cursor) else {
                row.phantom.add("\(event.cursor): \(event.sighting)")
                continue
            }
            if logged != event.sighting { row.phantom.add("\(event.cursor): \(event.sighting), not \(logged)") }
        }
        for event in log where expected[event.cursor] != nil {
            row.lost.add("\(event.cursor): \(event.sighting.kind) at \(event.sighting.place)")
        }
        return row
    }

    private func checkOrder(_ place: Place, _ last: inout [Int64: Int64], _ row: inout Row) {
        let before = last[place.channel] ?? 0
        if place.seq <= before {
            row.reordered.add("\(place) after \(before)")
        } else if place.seq != before + 1 {
            row.gaps.add("\(place) after \(before)")
        }
        last[place.channel] = max(before, place.seq)
    }
}
