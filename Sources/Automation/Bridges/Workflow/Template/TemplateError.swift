/// Why a template could not be filled in.
struct TemplateError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What is wrong with a template, and at which character of it.
struct TemplateProblem: Error, Equatable {
    /// Counts characters from 0.
    let offset: Int
    let message: String
}
