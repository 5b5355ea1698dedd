/// How Martlet's own PostgreSQL and Redis run.
package struct EmbeddedServersConfiguration: Sendable {
    /// The data folder, held by this process.
    package var folder: DirectoryLock
    /// Whether what was acknowledged survives a loss of power.
    ///
    /// Without it nothing is flushed to the disk, and Redis keeps its data in memory only: for tests, whose folder is
    /// thrown away.
    package var isDurable: Bool
    /// How long one start may take, the making of a new database and the recovery after a crash included.
    package var startTimeout: Duration
    /// How long a server that a killed Martlet left behind may take to stop before it is asked to.
    var leftoverPatience: Duration = .seconds(3)
    /// What differs from the usual settings of PostgreSQL and of Redis; a port, for programs that know no Unix sockets.
    package var postgresSettings: [(name: String, value: String)] = []
    package var redisSettings: [(name: String, value: String)] = []

    /// Variables of PostgreSQL's process beside the usual ones.
    package var postgresEnvironment: [String: String] = [:]

    package init(folder: DirectoryLock, isDurable: Bool = true, startTimeout: Duration = .seconds(120)) {
        self.folder = folder
        self.isDurable = isDurable
        self.startTimeout = startTimeout
    }
}
