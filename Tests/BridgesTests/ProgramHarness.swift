import BridgeTestSupport
import ChatModel
import ChatTestSupport
import Foundation
import TestSupport

/// A Python program in a folder of its own, and the bridge that runs it.
final class ProgramHarness: KindHarness {
    /// What programs have in common: `send`, `messages` and `first`, which is true once for each name, also after a
    /// restart.
    private static let prelude = """
        import json, os, signal, sys, time
        os.chdir(os.path.dirname(os.path.abspath(__file__)))
        def send(**message):
            sys.stdout.write(json.dumps(message) + "\\n")
            sys.stdout.flush()
        def messages():
            for line in sys.stdin:
                yield json.loads(line)
        def first(name):
            try:
                os.close(os.open(name, os.O_CREAT | os.O_EXCL))
                return True
            except FileExistsError:
                return False
        def note(message):
            with open("effects", "a") as file:
                file.write(json.dumps([message["id"], message["event"]["data"]["text"], message["try"]]) + "\\n")

        """
    /// Takes what it gets, unless a file says otherwise.
    private static let obedient = """
        for message in messages():
            if message["op"] == "hello":
                send(op="ready")
            elif os.path.exists("fail"):
                os.remove("fail")
                send(op="nack", id=message["id"], retry_ms=0, reason="not now")
            elif os.path.exists("refuse"):
                os.remove("refuse")
                send(op="drop", id=message["id"], reason="never")
            else:
                note(message)
                send(op="ack", id=message["id"])
        """

    let folder: String
    private let more: String

    /// - Parameter more: Further settings, one a line.
    init(_ program: String? = nil, more: [String] = []) throws {
        folder = try temporaryDirectory()
        self.more = more.map { "\n  \($0)" }.joined()
        try (Self.prelude + (program ?? Self.obedient)).write(
            toFile: "\(folder)/program.py", atomically: true, encoding: .utf8)
    }

    func file(_ tenant: BridgeTenant) -> String {
        """
        bridge: process
        name: \(tenant.name)
        app: \(tenant.chat.app.name)
        retry: { attempts: 5, first: 1ms, max: 5ms }
        settings:
          command: [/usr/bin/env, python3, "\(folder)/program.py"]
          start_timeout: 30s\(more)
        """
    }

    /// What a file in the program's folder holds; nil when there is none.
    func read(_ name: String) -> String? { try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }

    func touch(_ name: String) { _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil) }

    struct Effect: Decodable {
        let id: String
        let text: String
        let attempt: Int

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            id = try values.decode(String.self)
            text = try values.decode(String.self)
            attempt = try values.decode(Int.self)
        }
    }

    /// What the program has noted.
    var noted: [Effect] {
        (read("effects") ?? "").split(separator: "\n").compactMap { try? JSON.decode(Effect.self, Array($0.utf8)) }
    }

    func effects() -> [(id: String, text: String)] { noted.map { ($0.id, $0.text) } }
    func failOnce() { touch("fail") }
    func refuseOnce() { touch("refuse") }
    func stop() async {}
}
