import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConfigurationTests {
    private func file(_ text: String) throws -> String {
        let path = try temporaryDirectory() + "/martlet.yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `the printed configuration holds no secret, wherever it came from`() async throws {
        let secret = "do-not-print-me-do-not-print-me-do"
        let path = try file("database:\n  url: postgres://ada:\(secret)1@db/martlet\n")
        let printed = try await MartletProcess.run(
            [
                "serve", "--config", path, "--set", "redis.url=redis://:\(secret)2@cache", "--print-config", "--listen",
                "127.0.0.1:4711",
            ], environment: ["MARTLET_AUTH_SECRET": "\(secret)3"])
        #expect(printed.status == 0, "\(printed.output)")
        #expect(!printed.output.contains("do-not-print-me"))
        #expect(printed.output.contains("127.0.0.1:4711"))
    }

    @Test func `a broken file is told of with all lines and columns`() async throws {
        let path = try file("listne: 127.0.0.1:1\ndatabase:\n  pool_size: many\nevents:\n  retention_days: 0\n")
        let answer = try await MartletProcess.run(["serve", "--config", path])
        #expect(answer.status == 1)
        for place in [":1:1:", ":3:14:", ":5:19:"] {
            #expect(answer.output.contains("\(path)\(place)"), "\(place) is not in \(answer.output)")
        }
        #expect(answer.output.contains("listen"), "the near miss is named: \(answer.output)")
    }

    @Test(arguments: [
        ["fly"], ["serve", "--fly"], ["serve", "extra"], ["serve", "--config", "/nowhere/martlet.yaml"],
        ["serve", "--set", "x"], ["config"], ["config", "nonsense"],
    ])
    func `a wrong command line is told what is right`(arguments: [String]) async throws {
        let answer = try await MartletProcess.run(arguments)
        #expect(answer.status == 64)
        #expect(answer.output.contains("martlet help"))
    }

    @Test(arguments: [["version"], ["help"], ["config", "reference"], ["config", "example"], ["config", "schema"]])
    func `what only prints ends well`(arguments: [String]) async throws {
        let answer = try await MartletProcess.run(arguments)
        #expect(answer.status == 0)
        #expect(!answer.output.isEmpty)
    }
}
