import Testing

@testable import BridgeRuntime

struct CircuitTests {
    private let start = ContinuousClock.now
    private var circuit = Circuit(first: .seconds(1), longest: .seconds(60))

    @Test func `a target that says it is down is left alone at once`() {
        var circuit = circuit
        circuit.open(at: start)
        #expect(circuit.isOpen)
        #expect(!circuit.isDue(at: start))
        #expect(circuit.isDue(at: start + .seconds(1)))
    }

    @Test func `a few failures do not open it and five in a row do`() {
        var circuit = circuit
        for _ in 1...4 { circuit.failed(at: start) }
        #expect(!circuit.isOpen)
        circuit.close()
        for _ in 1...4 { circuit.failed(at: start) }
        #expect(!circuit.isOpen, "an answer in between begins the count anew")
        circuit.failed(at: start)
        #expect(circuit.isOpen)
        #expect(circuit.nextProbe != nil)
    }

    @Test func `one event at a time finds out and the waits grow to their bound`() throws {
        var circuit = circuit
        var now = start
        circuit.open(at: now)
        for round in 0..<12 {
            let probe = try #require(circuit.nextProbe)
            #expect(probe > now)
            #expect(probe - now <= min(.seconds(1 << round), .seconds(60)))
            now = probe
            #expect(circuit.isDue(at: now))
            circuit.probing()
            #expect(!circuit.isDue(at: now + .seconds(3600)), "a second one waits for the first")
            if round.isMultiple(of: 2) { circuit.failed(at: now) } else { circuit.open(at: now) }
            #expect(circuit.isOpen)
        }
    }

    @Test func `those that fail after the first change nothing`() throws {
        var circuit = circuit
        circuit.open(at: start)
        let probe = try #require(circuit.nextProbe)
        for _ in 0..<16 { circuit.failed(at: start + .milliseconds(1)) }
        circuit.open(at: start + .milliseconds(2))
        #expect(circuit.nextProbe == probe)
    }

    @Test func `an answer closes it whoever got it`() {
        var circuit = circuit
        circuit.open(at: start)
        circuit.probing()
        circuit.close()
        #expect(!circuit.isOpen)
        for _ in 1...4 { circuit.failed(at: start) }
        #expect(!circuit.isOpen)
    }

    @Test func `a wait that the target asks for is kept up to an hour`() throws {
        var circuit = circuit
        for _ in 1...5 { circuit.failed(at: start, asking: .seconds(120)) }
        #expect(try #require(circuit.nextProbe) == start + .seconds(120))
        circuit.probing()
        circuit.failed(at: start, asking: .seconds(86_400))
        #expect(try #require(circuit.nextProbe) == start + .seconds(3600))
    }
}
