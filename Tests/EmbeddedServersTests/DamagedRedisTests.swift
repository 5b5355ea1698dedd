import EventLoop
import Foundation
import Telemetry
import TestSupport
import Testing

@testable import EmbeddedServers

/// Redis holds only what PostgreSQL has: nothing that happened to its files keeps a server from starting.
@Suite(.timeLimit(.minutes(1)))
struct DamagedRedisTests {
    private let loop = EventLoop(name: "test")

    /// What may happen to files when a machine loses power, a disk fills up, or somebody helps.
    enum Damage: String, CaseIterable {
        case tailOfZeros, tornTail, halfAnEntry, garbageInTheMiddle, garbageAtTheBeginning, emptyFile, fileIsMissing
        case baseIsGarbage, baseIsCut, baseIsMissing, manifestIsGarbage, manifestIsEmpty, manifestIsMissing
        case manifestOfZeros, folderIsAFile, fileIsAFolder
    }

    private func damage(_ folder: String, _ damage: Damage) throws {
        let files = FileManager.default
        let names = try files.contentsOfDirectory(atPath: folder)
        func path(_ suffix: String) throws -> String {
            folder + "/" + (try #require(names.first { $0.hasSuffix(suffix) }))
        }
        func change(_ path: String, _ body: (inout Data) -> Void) throws {
            var data = try Data(contentsOf: URL(fileURLWithPath: path))
            body(&data)
            // In place: the file keeps its owner.
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: data)
            try handle.close()
        }
        let file = try path(".incr.aof")
        let base = try path(".base.rdb")
        let manifest = try path(".manifest")
        let garbage = Data((0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37) })
        switch damage {
        case .tailOfZeros: try change(file) { $0 += Data(count: 4096) }
        case .tornTail: try change(file) { $0 = $0.dropLast(3) }
        case .halfAnEntry: try change(file) { $0 += Data("*3\r\n$3\r\nSET\r\n$4\r\nke".utf8) }
        case .garbageInTheMiddle:
            try change(file) { $0.replaceSubrange($0.count / 2..<$0.count / 2 + 20, with: garbage) }
        case .garbageAtTheBeginning: try change(file) { $0 = garbage + $0 }
        case .emptyFile: try change(file) { $0 = Data() }
        case .fileIsMissing: try files.removeItem(atPath: file)
        case .baseIsGarbage: try change(base) { $0 = garbage }
        case .baseIsCut: try change(base) { $0 = $0.prefix($0.count / 2) }
        case .baseIsMissing: try files.removeItem(atPath: base)
        case .manifestIsGarbage: try change(manifest) { $0 = garbage }
        case .manifestIsEmpty: try change(manifest) { $0 = Data() }
        case .manifestIsMissing: try files.removeItem(atPath: manifest)
        case .manifestOfZeros: try change(manifest) { $0 = Data(count: $0.count) }
        case .folderIsAFile:
            try files.removeItem(atPath: folder)
            try Data("not a folder".utf8).write(to: URL(fileURLWithPath: folder))
        case .fileIsAFolder:
            try files.removeItem(atPath: file)
            try files.createDirectory(atPath: file, withIntermediateDirectories: false)
        }
    }

    @Test(arguments: Damage.allCases)
    func `damaged files are repaired or set aside, with a word, and the server starts`(damage: Damage) async throws {
        let directory = try temporaryDirectory()
        var configuration = EmbeddedServersConfiguration(folder: try DirectoryLock(directory), isDurable: true)
        configuration.leftoverPatience = .milliseconds(50)
        let first = EmbeddedRedis(configuration, loop: loop, logger: .silent)
        try await first.start()
        for number in 0..<20 { #expect(try await command("SET key\(number) value\(number)", first) == "+OK") }
        await first.stop()
        try self.damage(directory + "/redis/appendonlydir", damage)

        let log = CollectingLog()
        let second = EmbeddedRedis(configuration, loop: loop, logger: Logger(service: "test", sink: log))
        try await second.start()
        #expect(try await command("PING", second) == "+PONG")
        let told = log.records.filter { $0.level == .warn }.map(\.event)
        switch damage {
        case .tailOfZeros, .halfAnEntry:
            // Whatever is in front of the damage is kept.
            #expect(try await command("GET key19", second).hasSuffix("value19"))
        case .garbageInTheMiddle: #expect(try await command("GET key0", second).hasSuffix("value0"))
        case .tornTail: #expect(try await command("GET key18", second).hasSuffix("value18"))
        default: break
        }
        if ![.tornTail, .halfAnEntry, .emptyFile, .manifestIsMissing, .manifestIsEmpty].contains(damage) {
            #expect(told.first == "redis.files_damaged")
            #expect(["redis.files_repaired", "redis.files_set_aside"].contains(told.last))
        }
        // It goes on as before: what is written now is there at the next start, of which nothing is to be said.
        #expect(try await command("SET after 1", second) == "+OK")
        await second.stop()
        let quiet = CollectingLog()
        let third = EmbeddedRedis(configuration, loop: loop, logger: Logger(service: "test", sink: quiet))
        try await third.start()
        #expect(try await command("GET after", third).hasSuffix("1"))
        #expect(!quiet.records.contains { $0.level == .warn })
        await third.stop()
    }

    @Test(arguments: [
        ("Bad file format reading the append only file: make a backup of your AOF file", true),
        ("Invalid AOF manifest file format", true), ("Short read or OOM loading DB. Unrecoverable error", true),
        ("Wrong signature trying to load DB from file: append only", true),
        ("Can't open or create append-only dir appendonlydir: Not a directory", true),
        ("Failed opening Unix socket: bind: Permission denied", false), ("", false),
        ("Can't open or create append-only dir appendonlydir: No space left on device", false),
    ])
    func `only trouble with files is answered by setting files aside`(text: String, isTheirs: Bool) {
        #expect(RedisFiles.areToBlame(text) == isTheirs)
    }

    /// Sends one inline command and returns the answer.
    private func command(_ text: String, _ server: EmbeddedRedis) async throws -> String {
        let loop = loop
        let connection = try await StreamConnection.connect(to: .unix(path: server.socketPath), on: loop)
        return await withCheckedContinuation { done in
            loop.execute {
                var answer = ""
                connection.start(
                    onRead: { bytes in
                        answer = String(decoding: bytes, as: UTF8.self).trimmed
                        connection.close(afterFlush: false)
                        return bytes.count
                    }, onClose: { _ in done.resume(returning: answer) })
                connection.write(text + "\r\n")
            }
        }
    }
}
