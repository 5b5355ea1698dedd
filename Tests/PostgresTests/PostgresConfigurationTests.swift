import Postgres
import Testing

@Suite struct PostgresConfigurationTests {
    @Test func `a URL names everything`() throws {
        let configuration = try PostgresConfiguration(
            url: "postgres://ann:p%40ss%2F@db.example:6000/chat?sslmode=require&connect_timeout=7&application_name=x")
        #expect(configuration.host == "db.example")
        #expect(configuration.port == 6000)
        #expect(configuration.user == "ann")
        #expect(configuration.password == "p@ss/")
        #expect(configuration.database == "chat")
        #expect(configuration.connectTimeout == .seconds(7))
        #expect(configuration.applicationName == "x")
        #expect(configuration.options == ["sslmode": "require"])
        #expect(!"\(configuration)".contains("ss"))
        #expect(!String(reflecting: configuration).contains("p@ss"))
    }

    @Test func `a URL may leave out what has a default, and may name a socket's directory`() throws {
        let plain = try PostgresConfiguration(url: "postgresql://ann@localhost")
        #expect(plain.port == 5432 && plain.database == "ann" && plain.password == nil)
        let socket = try PostgresConfiguration(url: "postgres://ann@%2Frun%2Fpg:5433/chat")
        #expect(socket.host == "/run/pg" && socket.port == 5433)
    }

    @Test(arguments: [
        "", "chat", "http://ann@h/chat", "postgres://", "postgres://h/chat", "postgres://ann:secret@h:x/chat",
        "postgres://ann:secret@h:99999/chat", "postgres://ann:secret@h/chat?nonsense=1", "postgres://ann:%zz@h/chat",
        "postgres://ann:secret@h/chat?connect_timeout=soon", "postgres://ann:secret@h/chat?connect_timeout=0",
        "postgres://ann:secret@[::1/chat", "postgres://ann:secret@h/chat\0",
    ])
    func `a bad URL is refused without repeating its password`(_ url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.code == .configuration)
        #expect(error.map { "\($0)".contains("secret") } == false)
    }
}
