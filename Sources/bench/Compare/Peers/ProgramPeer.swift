/// A peer whose server is a ``PeerProgram``; what is left to it is how that is spoken to.
protocol ProgramPeer: Peer {
    var program: PeerProgram { get }
}

extension ProgramPeer {
    var name: String { program.name }
    var processIdentifier: Int32 { program.processIdentifier }

    func start(_ machine: Machine, _ scene: Scene) async throws { try await program.start(machine, scene) }
    func stop() async { await program.stop() }
    func fill(_ count: Int, _ machine: Machine) async throws -> Bool { try await program.fill(count, machine) }
}
