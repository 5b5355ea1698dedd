import ChatModel
import Lifecycle
import MartletClient

/// One import, from the files to the last acknowledgement.
struct ImportRun {
    /// Users in one request.
    private static let page = 1000
    /// Lines handed to the pipeline at once.
    private static let batch = 64
    /// Characters (Unicode scalars) of a message, as the server has it.
    private static let maximumText = 16_000

    let options: ImportOptions
    let client: MartletClient
    let progress: ImportProgress

    private struct Survey {
        var names = PeopleNames()
        var tally = IRCLog.Tally()
    }

    /// - Throws: ``ImportError``; everything acknowledged before is stored.
    func run() async throws -> ImportSummary {
        let logs = try open()
        var survey = try await survey(logs)
        var summary = ImportSummary(
            channel: options.channel, files: logs.count, lines: survey.tally.lines, blank: survey.tally.blank,
            headers: survey.tally.headers, misfits: survey.tally.misfits, messages: [:],
            total: 0, people: survey.names.people.count, duplicates: 0, refused: 0, reconnects: 0,
            renamed: survey.names.renamed, seconds: 0, messagesPerSecond: 0)
        let start = ContinuousClock.now
        let channel = try await prepareChannel()
        let people = try await preparePeople(survey.names, channel)
        let pipeline = SendPipeline(
            client: client, patience: options.patience, skipsRefused: options.skipsRefused,
            report: { [progress] in progress.note($0) })
        let total = survey.tally.lines - survey.tally.blank - survey.tally.headers
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [progress] in await progress.run(total: total, done: { pipeline.counts.done }) }
                defer { group.cancelAll() }
                for log in logs { try await send(log, channel, people, &survey.names, pipeline) }
                try await pipeline.finish()
            }
        } catch {
            pipeline.abandon()
            throw error
        }
        summary.set(pipeline.counts, duration: ContinuousClock.now - start)
        for sentence in pipeline.skipped { progress.note("Left out: \(sentence)") }
        return summary
    }

    // MARK: Reading

    private func open() throws(ImportError) -> [IRCLog] {
        var logs: [IRCLog] = []
        var paths: [String: String] = [:]
        for path in options.files {
            let log = try IRCLog(path: path, zone: options.zone)
            if let other = paths.updateValue(path, forKey: log.name) {
                // Lines are told apart by their file's name: the second file would pass for a repeat of the first.
                throw ImportError(.usage, "\(other) and \(path) have the same name; rename one of them.")
            }
            if log.isDayGuessed {
                progress.note("\(path) says no day; that of its last change is taken.")
            }
            logs.append(log)
        }
        return logs
    }

    /// Reads everything once: who speaks, how much there is, and whether the server would take it.
    private func survey(_ logs: [IRCLog]) async throws -> Survey {
        var survey = Survey()
        var names = PeopleNames()
        for log in logs {
            let tally = try await log.forEach { entry in
                if let nick = entry.line.nick { _ = names.key(nick) }
                let text = entry.line.text
                guard text.utf8.count > Self.maximumText, text.unicodeScalars.count > Self.maximumText,
                    !options.skipsRefused
                else { return }
                throw ImportError(
                    .usage,
                    "\(log.path):\(entry.number) has \(text.unicodeScalars.count) characters; a message has at most "
                        + "\(Self.maximumText). Split the line, or leave it out with --skip-refused.")
            }
            survey.tally.lines += tally.lines
            survey.tally.blank += tally.blank
            survey.tally.headers += tally.headers
            survey.tally.misfits += tally.misfits
        }
        survey.names = names
        return survey
    }

    // MARK: Preparing

    private func prepareChannel() async throws -> Channel {
        let user = try await first { try await client.me() }
        guard user.role == .admin else {
            throw ImportError(.usage, "\(user.handle) is no administrator; only one can import for others.")
        }
        let channel = try await patiently {
            do {
                return try await client.channel(named: options.channel)
            } catch let error as MartletClientError where error.code == "channel_not_found" {
                do {
                    return try await client.createChannel(options.channel)
                } catch let error as MartletClientError where error.code == "name_taken" {
                    return try await client.channel(named: options.channel)
                }
            }
        }
        guard !channel.isArchived else {
            throw ImportError(.usage, "#\(options.channel) is archived; nothing can be written there.")
        }
        if channel.membership == nil {
            // What the logs report without naming anybody is said by the administrator.
            try await patiently { try await client.addMembers([user.id], to: channel.id) }
        }
        return channel
    }

    private func preparePeople(_ names: PeopleNames, _ channel: Channel) async throws -> [String: UserID] {
        var people: [String: UserID] = [:]
        var start = 0
        while start < names.order.count {
            let keys = names.order[start..<min(start + Self.page, names.order.count)]
            let page = keys.compactMap { key in
                names.people[key].map { MartletClient.ImportedPerson(handle: $0.handle, name: $0.nick) }
            }
            let known = try await patiently { try await client.importPeople(page) }
            for person in known { people[person.handle.lowercased()] = person.id }
            try await patiently { try await client.addMembers(known.map(\.id), to: channel.id) }
            start += Self.page
        }
        if let missing = names.order.first(where: { people[$0] == nil }) {
            throw ImportError(.server, "The server did not make the person \"\(missing)\".")
        }
        return people
    }

    /// The first call tells whether there is a server at all; it is not worth waiting for.
    private func first<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        do {
            return try await call()
        } catch let error as MartletClientError where error.code == "unreachable" {
            throw ImportError(.server, "\(error.detail) Start it with: martlet serve")
        } catch let error as MartletClientError {
            throw ImportError(.server, error.detail)
        }
    }

    /// Repeats a call that is safe to repeat, while the server is away.
    private func patiently<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        var backoff = Backoff(first: .milliseconds(200), max: .seconds(3))
        let deadline = ContinuousClock.now + options.patience
        while true {
            do {
                return try await call()
            } catch let error as MartletClientError where error.isRetriable && ContinuousClock.now < deadline {
                try await Task.sleep(for: max(backoff.next(), error.retryAfter ?? .zero))
            } catch let error as MartletClientError {
                throw ImportError(
                    .server, "\(error.detail) Running the same command again goes on where it stopped.")
            }
        }
    }

    // MARK: Sending

    private func send(
        _ log: IRCLog, _ channel: Channel, _ people: [String: UserID], _ names: inout PeopleNames,
        _ pipeline: SendPipeline
    ) async throws {
        var batch: [SendWindow.Item] = []
        batch.reserveCapacity(Self.batch)
        _ = try await log.forEach { entry in
            let line = entry.line
            let frame = SendFrame(
                channel: channel.id, author: line.nick.flatMap { people[names.key($0)] }, at: entry.at,
                nonce: SendFrame.nonce(channel: channel.name, file: log.name, line: entry.number), kind: line.kind,
                text: line.text)
            batch.append(
                SendWindow.Item(
                    frame: frame, file: log.path, line: entry.number,
                    kind: Message.Kind.allCases.firstIndex(of: line.kind) ?? 0))
            guard batch.count == Self.batch else { return }
            try await pipeline.push(batch)
            batch.removeAll(keepingCapacity: true)
        }
        try await pipeline.push(batch)
    }
}
