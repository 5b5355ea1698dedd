import ChatModel
package import HTTPRouting

extension JSONValue: SchemaDescribing {
    package static let schemaDescription = SchemaRefinement("Any JSON.", schema: Schema.any)
}
