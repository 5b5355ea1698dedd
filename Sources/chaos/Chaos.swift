import EventLoop
import Foundation
import Glibc

/// `martlet-chaos`: lets people talk while things break, and then counts whether every promise was kept.
///
/// docs/chaos.md says what is done and what is checked.
@main
struct Chaos {
    static func main() async {
        do {
            let options = try ChaosOptions(Array(CommandLine.arguments.dropFirst()))
            let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            // Short, so that the sockets of PostgreSQL and Redis are below it.
            let folder = "/tmp/martlet-chaos-\(ProcessInfo.processInfo.processIdentifier)"
            let loop = EventLoop(name: "chaos")
            let server = ChaosServer(
                program: beside.appendingPathComponent("martlet").path, folder: folder, loop: loop)
            let run = ChaosRun(options: options, server: server, loop: loop)
            // Ends with the process.
            Task {
                for await _ in loop.signals(SIGINT, SIGTERM) {
                    server.killNow()
                    exit(130)
                }
            }
            let report: Report
            do {
                report = try await run.run()
            } catch {
                server.killNow()
                throw error
            }
            await server.end(by: SIGINT)
            if options.isJSON { try report.printJSON() } else { report.print() }
            if report.isGood, !options.keepsFolder {
                try? FileManager.default.removeItem(atPath: folder)
                try? FileManager.default.removeItem(atPath: folder + ".log")
            } else {
                FileHandle.standardError.write(Data("the data is in \(folder), the log in \(folder).log\n".utf8))
            }
            exit(report.isGood ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("martlet-chaos: \(error)\n".utf8))
            exit(2)
        }
    }
}
