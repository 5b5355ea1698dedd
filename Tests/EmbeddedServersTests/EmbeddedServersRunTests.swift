import EventLoop
import Foundation
import Lifecycle
import Subprocess
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import EmbeddedServers

@Suite(.timeLimit(.minutes(1)))
struct EmbeddedServersRunTests {
    let loop = EventLoop(name: "test")

    private func configuration(_ directory: String, isDurable: Bool = false) throws -> EmbeddedServersConfiguration {
        var configuration = EmbeddedServersConfiguration(folder: try DirectoryLock(directory), isDurable: isDurable)
        configuration.leftoverPatience = .milliseconds(50)
        return configuration
    }

    private func postgres(_ configuration: EmbeddedServersConfiguration) -> EmbeddedPostgres {
        EmbeddedPostgres(configuration, loop: loop, logger: .silent)
    }

    private func redis(_ configuration: EmbeddedServersConfiguration) -> EmbeddedRedis {
        EmbeddedRedis(configuration, loop: loop, logger: .silent)
    }

    /// Runs `psql` and returns what it prints.
    private func query(_ sql: String, _ server: EmbeddedPostgres) async throws -> String {
        let programs = try Programs.postgresFolder(version: nil)
        let log = try temporaryDirectory() + "/psql.out"
        let arguments = [
            "\(programs)/psql", "-h", server.socketDirectory, "-U", EmbeddedPostgres.user, "-d",
            EmbeddedPostgres.database, "-qAtX", "-c", sql,
        ]
        let child = try await ChildProcess.start(.init(arguments: arguments, log: log), on: loop)
        await child.ended.wait()
        #expect(child.ending == .code(0))
        return Folder.read(log, limit: 4096)?.trimmed ?? ""
    }

    /// Sends one inline command and returns the first bytes of the answer.
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

    @Test func `data of another version of PostgreSQL is left alone, and it is told what to do`() async throws {
        let directory = try temporaryDirectory()
        let data = "\(directory)/postgres"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try "99\n".write(toFile: "\(data)/PG_VERSION", atomically: true, encoding: .utf8)
        let server = postgres(try configuration(directory))
        let error = await #expect(throws: EmbeddedServersError.self) { try await server.start() }
        #expect(error?.code == .notInstalled)
        for part in ["PostgreSQL 99", "postgresql-99", "pg_upgrade"] {
            #expect(error?.description.contains(part) == true, "\(part) is not in: \(error?.description ?? "")")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: data) == ["PG_VERSION"])
    }

    @Test func `what is written stays after a stop and a start`() async throws {
        let configuration = try configuration(temporaryDirectory(), isDurable: true)
        let (postgres, redis) = (postgres(configuration), redis(configuration))
        async let first: Void = postgres.start()
        try await redis.start()
        try await first
        _ = try await query("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)", postgres)
        #expect(try await query("SHOW fsync", postgres) == "on")
        #expect(try await query("SELECT datcollate FROM pg_database WHERE datname = 'martlet'", postgres) == "C.UTF-8")
        #expect(try await command("SET kept 42", redis) == "+OK")
        await postgres.stop()
        await redis.stop()
        #expect(postgres.processIdentifier == nil && redis.processIdentifier == nil)

        let (again, redisAgain) = (self.postgres(configuration), self.redis(configuration))
        try await again.start()
        try await redisAgain.start()
        #expect(try await query("SELECT n FROM kept", again) == "42")
        #expect(try await command("GET kept", redisAgain).hasSuffix("42"))
        await again.stop()
        await redisAgain.stop()
    }

    @Test func `a server that dies is started again, until it is asked to stop`() async throws {
        let configuration = try configuration(temporaryDirectory())
        let postgres = postgres(configuration)
        let redis = redis(configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await postgres.run() }
            group.addTask { try await redis.run() }
            for _ in 0..<2 {
                for server in [{ postgres.processIdentifier }, { redis.processIdentifier }] {
                    try await eventually("the server runs", within: .seconds(30)) { server() != nil }
                    let victim = try #require(server())
                    kill(victim, SIGKILL)
                    try await eventually("it runs again", within: .seconds(30)) {
                        server().map { $0 != victim } ?? false
                    }
                }
            }
            #expect(try await query("SELECT 1", postgres) == "1")
            #expect(try await command("PING", redis) == "+PONG")
            postgres.shutdown()
            redis.shutdown()
            try await group.waitForAll()
        }
        #expect(postgres.processIdentifier == nil && redis.processIdentifier == nil)
    }

    @Test func `a cancelled run stops its server`() async throws {
        let redis = redis(try configuration(temporaryDirectory()))
        let run = Task { try await redis.run() }
        try await eventually("it runs") { redis.processIdentifier != nil }
        run.cancel()
        _ = await run.result
        #expect(redis.processIdentifier == nil)
    }

    @Test func `a server left behind by a killed run is waited for and then stopped`() async throws {
        let configuration = try configuration(temporaryDirectory())
        let (left, leftRedis) = (postgres(configuration), redis(configuration))
        try await left.start()
        try await leftRedis.start()
        _ = try await query("CREATE TABLE kept (n int)", left)

        let (next, nextRedis) = (postgres(configuration), redis(configuration))
        try await next.start()
        try await nextRedis.start()
        #expect(left.processIdentifier == nil && leftRedis.processIdentifier == nil)
        #expect(try await query("SELECT count(*) FROM kept", next) == "0")
        #expect(try await command("PING", nextRedis) == "+PONG")
        await next.stop()
        await nextRedis.stop()
    }

    @Test func `servers run below a folder that only root may enter, and behind a long path`() async throws {
        let closed = try temporaryDirectory()
        chmod(closed, 0o700)
        let directory = closed + "/" + String(repeating: "long-name/", count: 12) + "data"
        let configuration = try configuration(directory)
        let (postgres, redis) = (postgres(configuration), redis(configuration))
        #expect(redis.socketPath.utf8.count <= 107)
        #expect(postgres.socketDirectory.hasPrefix("/tmp/martlet-"))
        try await postgres.start()
        try await redis.start()
        #expect(try await query("SELECT 1", postgres) == "1")
        #expect(try await command("PING", redis) == "+PONG")
        #expect(try #require(Folder.status(postgres.socketDirectory)).st_mode & 0o777 == 0o700)
        await postgres.stop()
        await redis.stop()
        Folder.remove(postgres.socketDirectory)
    }

    @Test func `a database that cannot start says why, in the words of its log`() async throws {
        let directory = try temporaryDirectory()
        let configuration = try configuration(directory)
        let first = postgres(configuration)
        try await first.start()
        await first.stop()
        try Folder.write("no_such_setting = 1\n", to: directory + "/postgres/postgresql.auto.conf")
        let error = await #expect(throws: EmbeddedServersError.self) { try await postgres(configuration).start() }
        #expect(error?.code == .failed)
        #expect(error?.message.contains("no_such_setting") == true)
    }

    @Test func `a folder with foreign files is not made a database`() async throws {
        let directory = try temporaryDirectory()
        try Folder.make(directory + "/postgres")
        try Folder.write("precious", to: directory + "/postgres/thesis.txt")
        let error = await #expect(throws: EmbeddedServersError.self) {
            try await postgres(configuration(directory)).start()
        }
        #expect(error?.code == .folder)
        #expect(Folder.read(directory + "/postgres/thesis.txt", limit: 20) == "precious")
    }
}
