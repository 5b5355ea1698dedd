import Testing

@testable import martlet_chaos

@Suite(.timeLimit(.minutes(1)))
struct ChaosOptionsTests {
    @Test func `a seed gives the same numbers each time, and other numbers to each part`() {
        func numbers(_ seed: UInt64, _ stream: UInt64) -> [UInt64] {
            var source = RandomSource(seed: seed, stream: stream)
            return (0..<8).map { _ in source.next() }
        }
        #expect(numbers(1, 0) == numbers(1, 0))
        #expect(numbers(1, 0) != numbers(2, 0))
        #expect(numbers(1, 0) != numbers(1, 1))
    }

    @Test(arguments: [
        ["--seed"], ["--seed", "x"], ["--minutes", "0"], ["--minutes", "nan"], ["--rate", "-1"], ["-x"],
        ["--topology", "ring"], ["--topology"], ["--topology", "pair"], ["--upgrade-from"],
        ["--upgrade-from", "/bin/martlet", "--topology", "split"], ["--messages", "-1"], ["--messages", "many"],
    ])
    func `an option that makes no sense is refused`(_ arguments: [String]) {
        #expect(throws: ChaosError.self) { try ChaosOptions(arguments) }
    }

    @Test func `a run that would keep too much is refused, and says what would be right`() throws {
        let error = #expect(throws: ChaosError.self) { try ChaosOptions(["--minutes", "240"]) }
        #expect(error?.description.contains("--rate is at most 34") == true)
        #expect(try ChaosOptions(["--minutes", "240", "--rate", "34"]).rate == 34)
    }

    @Test func `an upgrade runs on two processes unless told otherwise`() throws {
        #expect(try ChaosOptions(["--upgrade-from", "/bin/martlet"]).topology == .pair)
        #expect(try ChaosOptions(["--topology", "single", "--upgrade-from", "/bin/martlet"]).topology == .single)
        #expect(try ChaosOptions([]).topology == .split)
    }

    @Test func `every fault belongs to a topology, and none hits a process that is not there`() {
        let single = Set(Fault.all(.single))
        let split = Set(Fault.all(.split))
        #expect(single.union(split) == Set(Fault.allCases))
        #expect(Set(single.map(\.role)) == ["server", ""])
        #expect(Set(split.map(\.role)) == ["api", "relay", "bridges", ""])
    }
}
