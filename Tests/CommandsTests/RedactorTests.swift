import Testing

@testable import martlet

struct RedactorTests {
    @Test(arguments: [
        "the planted-secret in words", "postgres://chat:hunter22@db:5432/x failed",
        "Authorization: Bearer abcdefgh1234",
        "Basic dXNlcjpwYXNz", #"{"password":"hunter22"}"#, #"{"password": "two words hunter22"}"#, "password=hunter22",
        "api_key: hunter22", "POST /hooks/hunter22 201", "https://hooks.example.org/services/T0/hunter22",
        "token mbt_hunter22abc", "secret: whsec_hunter22", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter22",
        "access_token=hunter22&x=1", "-----BEGIN PRIVATE KEY-----\nhunter22\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nhunter22 that is cut", "redis://:hunter22@127.0.0.1:6379", "a%2Fb%20hidden twice",
        "Cookie: session-hunter22",
    ])
    func `a secret is covered, known or not`(text: String) {
        let covered = Redactor(secrets: ["planted-secret", "a/b hidden"]).covered(text)
        for secret in ["planted-secret", "hunter22", "abcdefgh1234", "dXNlcjpwYXNz", "a%2Fb", "a/b hidden"] {
            #expect(!covered.contains(secret), "\(covered)")
        }
        #expect(covered.contains(Redactor.cover))
    }

    @Test(arguments: [
        "server.ready listen=127.0.0.1:8080", "GET /v1/channels 200", "https://example.org/path", "the disk is full",
        "a short word", #"martlet_tokens_total{kind="x"} 12"#,
    ])
    func `what is no secret stays`(text: String) {
        #expect(Redactor(secrets: ["is", "planted-secret"]).covered(text) == text)
    }

    @Test func `of secrets inside one another nothing is left`() {
        #expect(Redactor(secrets: ["secret", "secret-longer"]).covered("x secret-longer y") == "x <hidden> y")
    }

    @Test(arguments: [
        ("https://u:p@example.org:8443/a?b", "https://example.org:8443"), ("http://[::1]:9/x", "http://[::1]:9"),
        ("nonsense", "<hidden>"),
    ])
    func `of a URL the place is shown`(url: String, origin: String) { #expect(Redactor.origin(of: url) == origin) }
}
