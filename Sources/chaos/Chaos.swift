import EventLoop
import Foundation
import Glibc

/// `martlet-chaos`: lets people talk while things break, and then counts whether every promise was kept.
///
/// docs/chaos.md says what is done and what is checked.
@main
struct Chaos {
    static func main() async {
        let arguments = CommandLine.arguments
        // Started by a bridge of the run.
        if arguments.count == 3, arguments[1] == "sink" { return ProgramSink.program(arguments[2]) }
        if arguments.count == 2, arguments[1] == "poison" { return Poison.program() }
        do {
            let options = try ChaosOptions(Array(arguments.dropFirst()))
            SmallDisk.enterNamespace()
            let itself = URL(fileURLWithPath: arguments[0]).path
            let beside = URL(fileURLWithPath: itself).deletingLastPathComponent()
            // Short, so that the sockets of PostgreSQL and Redis are below it.
            let folder = "/tmp/martlet-chaos-\(ProcessInfo.processInfo.processIdentifier)"
            let loop = EventLoop(name: "chaos")
            let program = beside.appendingPathComponent("martlet").path
            let first = options.upgradesFrom.map { URL(fileURLWithPath: $0).path } ?? program
            let cluster = try await Cluster(
                options.topology, program: first, folder: folder, hasSmallDisk: options.upgradesFrom == nil, loop: loop)
            let run = ChaosRun(options: options, cluster: cluster, program: program, itself: itself, loop: loop)
            // Ends with the process.
            Task {
                for await _ in loop.signals(SIGINT, SIGTERM) {
                    cluster.killNow()
                    exit(130)
                }
            }
            let report: Report
            do {
                report = try await run.run()
            } catch {
                cluster.killNow()
                say("the data is in \(folder), the logs in \(folder)/log")
                throw error
            }
            await cluster.stop()
            if options.isJSON { try report.printJSON() } else { report.print() }
            if report.isGood, !options.keepsFolder {
                try? FileManager.default.removeItem(atPath: folder)
            } else {
                say("the data is in \(folder), the logs in \(folder)/log")
            }
            exit(report.isGood ? 0 : 1)
        } catch {
            say("martlet-chaos: \(error)")
            exit(2)
        }
    }

    private static func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
