import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatTestSupport
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProcessBridgeTests {
    static let variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "SECRET": "hidden"]
    static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../bridges/examples/word-count/main.py").standardized.path

    /// The words that the example has counted in a channel.
    func words(_ tenant: BridgeTenant, _ channel: Channel) -> Int64? {
        let path = "\(tenant.folder)/bridges/\(tenant.name)/counts.json"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return (try? JSON.decode(JSONValue.self, Array(text.utf8)))?["\(channel.id)"]?["words"]?.integer
    }

    @Test func `the example counts words and answers who asks for them`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        try tenant.write(
            """
            bridge: process
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings:
              command: ["\(Self.example)"]
              start_timeout: 30s
              options: { command: "!count" }
            """)
        let node = tenant.node(registry: .standard, environment: Self.variables)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("one two three", in: channel)
        _ = try await tenant.say("four", in: channel)
        _ = try await tenant.say("!count", in: channel)
        try await eventually("it has answered") {
            try await tenant.chat.messages(in: channel).contains { $0.text == "4 words so far." }
        }
        try await eventually("all is done") { try await node.status(of: tenant.name)?.handled == 3 }
        #expect(words(tenant, channel) == 4)
        await node.stop()
    }

    /// The example, killed at every third save: before the file is replaced and, at other times, after it, when nothing
    /// but the acknowledgement is missing; and once more when its answer is on its way to the channel.
    @Test func `a program that is killed in the middle of its work loses nothing and counts nothing twice`()
        async throws
    {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let harness = try ProgramHarness(
            """
            import importlib.util
            sys.dont_write_bytecode = True
            spec = importlib.util.spec_from_file_location("example", "\(Self.example)")
            example = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(example)
            save = example.save
            def deadly(counts):
                words = sum(channel["words"] for channel in counts.values())
                if words % 3 == 1 and first(f"before-{words}"):
                    os.kill(os.getpid(), signal.SIGKILL)
                save(counts)
                if words % 3 == 2 and first(f"after-{words}"):
                    os.kill(os.getpid(), signal.SIGKILL)
            tell = example.send
            def hasty(**message):
                tell(**message)
                if message["op"] == "post" and first("posted"):
                    os.kill(os.getpid(), signal.SIGKILL)
            example.save = deadly
            example.send = hasty
            example.main()
            """)
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard, environment: Self.variables)
        try await node.wait(for: .running, of: tenant.name)
        for number in 1...9 { _ = try await tenant.say("word\(number)", in: channel) }
        try await eventually("all are counted") { try await node.status(of: tenant.name)?.handled == 9 }
        let counts = try JSON.decode(JSONValue.self, Array((harness.read("counts.json") ?? "").utf8))
        #expect(counts["\(channel.id)"]?["words"]?.integer == 9)
        #expect(harness.read("before-4") != nil && harness.read("after-5") != nil)
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        let status = try #require(try await node.status(of: tenant.name))
        #expect(status.retried == 6)
        _ = try await tenant.say("!words", in: channel)
        try await eventually("the answer is done with") { try await node.status(of: tenant.name)?.handled == 10 }
        #expect(harness.read("posted") != nil)
        #expect(try await node.status(of: tenant.name)?.retried == 7)
        #expect(try await tenant.chat.messages(in: channel).count { $0.text == "9 words so far." } == 1)
        await node.stop()
    }

    /// What the program does at its first event; the second time it takes the event.
    static let mistakes: [(deed: String, word: String)] = [
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)", "in time"),
        ("print('hello', flush=True)", "no JSON object"),
        ("print('[1]', flush=True)", "no JSON object"),
        ("print('{\"op\":\"ack\"', flush=True)", "no JSON object"),
        ("send(op='dance')", "unknown op \"dance\""),
        ("send(op='ack')", "without the text \"id\""),
        ("print('x' * 3000, flush=True)", "more than 2048 bytes"),
        ("print('x' * 200000, end='', flush=True)", "more than 2048 bytes"),
        ("print('out of ideas', file=sys.stderr); sys.exit(4)", "exit code 4: out of ideas"),
        ("os.close(1); time.sleep(1000)", "closed its output"),
    ]

    @Test(arguments: mistakes)
    func `a program that breaks the rules is started again and gets the event again`(
        deed: String, word: String
    ) async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let harness = try ProgramHarness(
            """
            for message in messages():
                if message["op"] == "hello":
                    send(op="ready")
                elif first("mistake"):
                    \(deed)
                    time.sleep(1000)
                else:
                    note(message)
                    send(op="ack", id=message["id"])
            """, more: ["timeout: \(word == "in time" ? "300ms" : "20s")", "max_line: 2KiB"])
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard, environment: Self.variables)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("hello", in: channel)
        try await eventually("it was taken") { try await node.status(of: tenant.name)?.handled == 1 }
        #expect(harness.noted.map(\.attempt) == [2])
        let status = try #require(try await node.status(of: tenant.name))
        #expect(status.retried == 1)
        #expect(status.lastError?.contains(word) == true, "\(status.lastError ?? "nil")")
        await node.stop()
    }

    @Test func `a program that dies at its start is tried again, and the status says why`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try ProgramHarness(
            """
            if not os.path.exists("well"):
                print("I am not well", file=sys.stderr)
                sys.exit(3)
            for message in messages():
                send(op="ready")
            """)
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard, environment: Self.variables)
        try await eventually("the status says why") {
            let status = try await node.status(of: tenant.name)
            return status?.state == .starting && status?.lastError?.contains("exit code 3: I am not well") == true
        }
        harness.touch("well")
        try await node.wait(for: .running, of: tenant.name)
        await node.stop()
    }

    @Test func `a program that dies is seen without an event`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try ProgramHarness(
            """
            if not first("life"):
                sys.exit("one life is enough")
            with open("identifier", "w") as file:
                file.write(str(os.getpid()))
            for message in messages():
                send(op="ready")
            """)
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard, environment: Self.variables)
        try await node.wait(for: .running, of: tenant.name)
        let identifier = try #require(harness.read("identifier").flatMap { Int32($0) })
        kill(identifier, SIGKILL)
        try await node.wait(for: .down, of: tenant.name)
        try await eventually("the reason is told") {
            try await node.status(of: tenant.name)?.lastError?.contains("one life is enough") == true
        }
        await node.stop()
    }

    @Test func `a program inherits nothing, is limited, and ends with the bridge and what it started`() async throws {
        let tenant = try await BridgeTenant()
        let report = "\(tenant.folder)/report"
        try tenant.write(
            """
            bridge: process
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings:
              command:
                - sh
                - -c
                - |
                  read -r hello
                  sleep 1000 &
                  { env; echo "limit=$(ulimit -v)"; echo "child=$!"; } > "$0.new"
                  mv "$0.new" "$0"
                  echo '{"op":"ready"}'
                  cat > /dev/null
                - \(report)
              environment: { GREETING: hello }
              memory_limit: 256MiB
            """)
        let node = tenant.node(registry: .standard, environment: Self.variables)
        try await node.wait(for: .running, of: tenant.name)
        let lines = try String(contentsOfFile: report, encoding: .utf8).split(separator: "\n").map(String.init)
        var values: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: "=", maxSplits: 1)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        // What a shell sets for itself.
        let names = Set(values.keys).subtracting(["PWD", "OLDPWD", "SHLVL", "_"])
        #expect(names == ["PATH", "LANG", "GREETING", "limit", "child"])
        #expect(values["GREETING"] == "hello")
        #expect(values["limit"] == "262144")
        let child = try #require(values["child"].flatMap { Int32($0) })
        #expect(kill(child, 0) == 0)
        await node.stop()
        try await eventually("what it started is gone") { kill(child, 0) != 0 || Self.isZombie(child) }
    }

    /// Whether a process has ended and is only waiting to be reaped by whoever inherited it.
    static func isZombie(_ process: Int32) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return status?.contains(") Z ") ?? true
    }

    @Test func `a missing program is told with its place`() async throws {
        let tenant = try await BridgeTenant()
        try tenant.write(
            """
            bridge: process
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings:
              command: [no-such-program-anywhere]
            """)
        let node = tenant.node(registry: .standard, environment: Self.variables)
        try await eventually("the problem is told") {
            try await node.runtime.status().flatMap(\.problems).contains {
                $0.contains("settings.command") && $0.contains("is not on PATH")
            }
        }
        await node.stop()
    }
}
