"""The rules by stage. Each takes what the stage knows and yields what it finds; their order means nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.rules.context_invalid_selection import context_invalid_selection
from router.composition.rules.context_name_contains_underscore import context_name_contains_underscore
from router.composition.rules.context_name_invalid import context_name_invalid
from router.composition.rules.context_no_resolvable_key import context_no_resolvable_key
from router.composition.rules.context_not_set import context_not_set
from router.composition.rules.contextual_argument_not_contextual_in_all_subgraphs import (
    contextual_argument_not_contextual_in_all_subgraphs,
)
from router.composition.rules.cost_applied_to_interface_field import cost_applied_to_interface_field
from router.composition.rules.default_value_uses_inaccessible import default_value_uses_inaccessible
from router.composition.rules.directive_composition_error import directive_composition_error
from router.composition.rules.directive_definition_invalid import directive_definition_invalid
from router.composition.rules.disallowed_inaccessible import disallowed_inaccessible
from router.composition.rules.empty_merged_enum_type import empty_merged_enum_type
from router.composition.rules.empty_merged_input_type import empty_merged_input_type
from router.composition.rules.enum_value_mismatch import enum_value_mismatch
from router.composition.rules.extension_with_no_base import extension_with_no_base
from router.composition.rules.external_argument_default_mismatch import external_argument_default_mismatch
from router.composition.rules.external_argument_missing import external_argument_missing
from router.composition.rules.external_argument_type_mismatch import external_argument_type_mismatch
from router.composition.rules.external_missing_on_base import external_missing_on_base
from router.composition.rules.external_on_interface import external_on_interface
from router.composition.rules.external_type_mismatch import external_type_mismatch
from router.composition.rules.external_unused import external_unused
from router.composition.rules.field_argument_default_mismatch import field_argument_default_mismatch
from router.composition.rules.field_argument_type_mismatch import field_argument_type_mismatch
from router.composition.rules.field_type_mismatch import field_type_mismatch
from router.composition.rules.implemented_by_inaccessible import implemented_by_inaccessible
from router.composition.rules.input_field_default_mismatch import input_field_default_mismatch
from router.composition.rules.interface_field_no_implem import interface_field_no_implem
from router.composition.rules.interface_key_missing_implementation_type import interface_key_missing_implementation_type
from router.composition.rules.interface_key_not_on_implementation import interface_key_not_on_implementation
from router.composition.rules.interface_object_usage_error import interface_object_usage_error
from router.composition.rules.invalid_field_sharing import invalid_field_sharing
from router.composition.rules.invalid_graphql import invalid_graphql
from router.composition.rules.invalid_link_directive_usage import invalid_link_directive_usage
from router.composition.rules.invalid_link_identifier import invalid_link_identifier
from router.composition.rules.invalid_shareable_usage import invalid_shareable_usage
from router.composition.rules.invalid_subgraph_name import invalid_subgraph_name
from router.composition.rules.key_directive_in_fields_arg import key_directive_in_fields_arg
from router.composition.rules.key_fields_has_args import key_fields_has_args
from router.composition.rules.key_fields_select_invalid_type import key_fields_select_invalid_type
from router.composition.rules.key_invalid_fields import key_invalid_fields
from router.composition.rules.key_invalid_fields_type import key_invalid_fields_type
from router.composition.rules.key_unsupported_on_interface import key_unsupported_on_interface
from router.composition.rules.link_import_name_mismatch import link_import_name_mismatch
from router.composition.rules.list_size_applied_to_non_list import list_size_applied_to_non_list
from router.composition.rules.list_size_invalid_assumed_size import list_size_invalid_assumed_size
from router.composition.rules.list_size_invalid_sized_field import list_size_invalid_sized_field
from router.composition.rules.list_size_invalid_slicing_argument import list_size_invalid_slicing_argument
from router.composition.rules.merged_directive_application_on_external import merged_directive_application_on_external
from router.composition.rules.missing_transitive_auth_requirements import missing_transitive_auth_requirements
from router.composition.rules.no_context_in_selection import no_context_in_selection
from router.composition.rules.no_queries import no_queries
from router.composition.rules.no_selection_for_context import no_selection_for_context
from router.composition.rules.only_inaccessible_children import only_inaccessible_children
from router.composition.rules.override_collision_with_another_directive import override_collision_with_another_directive
from router.composition.rules.override_from_self_error import override_from_self_error
from router.composition.rules.override_label_invalid import override_label_invalid
from router.composition.rules.override_on_interface import override_on_interface
from router.composition.rules.override_source_has_override import override_source_has_override
from router.composition.rules.provides_directive_in_fields_arg import provides_directive_in_fields_arg
from router.composition.rules.provides_fields_has_args import provides_fields_has_args
from router.composition.rules.provides_fields_missing_external import provides_fields_missing_external
from router.composition.rules.provides_invalid_fields import provides_invalid_fields
from router.composition.rules.provides_invalid_fields_type import provides_invalid_fields_type
from router.composition.rules.provides_on_non_object_field import provides_on_non_object_field
from router.composition.rules.provides_unsupported_on_interface import provides_unsupported_on_interface
from router.composition.rules.query_root_type_inaccessible import query_root_type_inaccessible
from router.composition.rules.referenced_inaccessible import referenced_inaccessible
from router.composition.rules.required_argument_missing_in_some_subgraph import (
    required_argument_missing_in_some_subgraph,
)
from router.composition.rules.required_inaccessible import required_inaccessible
from router.composition.rules.required_input_field_missing_in_some_subgraph import (
    required_input_field_missing_in_some_subgraph,
)
from router.composition.rules.requires_directive_in_fields_arg import requires_directive_in_fields_arg
from router.composition.rules.requires_fields_missing_external import requires_fields_missing_external
from router.composition.rules.requires_invalid_fields import requires_invalid_fields
from router.composition.rules.requires_invalid_fields_type import requires_invalid_fields_type
from router.composition.rules.requires_unsupported_on_interface import requires_unsupported_on_interface
from router.composition.rules.root_mutation_used import root_mutation_used
from router.composition.rules.root_query_used import root_query_used
from router.composition.rules.root_subscription_used import root_subscription_used
from router.composition.rules.satisfiability_error import satisfiability_error
from router.composition.rules.shareable_has_mismatched_runtime_types import shareable_has_mismatched_runtime_types
from router.composition.rules.type_definition_invalid import type_definition_invalid
from router.composition.rules.type_kind_mismatch import type_kind_mismatch
from router.composition.rules.unknown_federation_link_version import unknown_federation_link_version
from router.composition.rules.unknown_link_version import unknown_link_version
from router.supergraph.model import Supergraph

Rule = Callable[[Graph], Iterator[CompositionError]]
SupergraphRule = Callable[[Supergraph], Iterator[CompositionError]]

# What is wrong with a subgraph whatever the others are. They see every subgraph as it is written.
SUBGRAPH_RULES: tuple[Rule, ...] = (
    context_invalid_selection,
    context_name_contains_underscore,
    context_name_invalid,
    context_no_resolvable_key,
    context_not_set,
    cost_applied_to_interface_field,
    directive_definition_invalid,
    external_on_interface,
    external_unused,
    interface_key_not_on_implementation,
    invalid_graphql,
    invalid_link_directive_usage,
    invalid_link_identifier,
    invalid_shareable_usage,
    invalid_subgraph_name,
    key_directive_in_fields_arg,
    key_fields_has_args,
    key_fields_select_invalid_type,
    key_invalid_fields,
    key_invalid_fields_type,
    key_unsupported_on_interface,
    list_size_applied_to_non_list,
    list_size_invalid_assumed_size,
    list_size_invalid_sized_field,
    list_size_invalid_slicing_argument,
    no_context_in_selection,
    no_selection_for_context,
    override_from_self_error,
    override_label_invalid,
    override_on_interface,
    provides_directive_in_fields_arg,
    provides_fields_has_args,
    provides_fields_missing_external,
    provides_invalid_fields,
    provides_invalid_fields_type,
    provides_on_non_object_field,
    provides_unsupported_on_interface,
    requires_directive_in_fields_arg,
    requires_fields_missing_external,
    requires_invalid_fields,
    requires_invalid_fields_type,
    requires_unsupported_on_interface,
    root_mutation_used,
    root_query_used,
    root_subscription_used,
    type_definition_invalid,
    unknown_federation_link_version,
    unknown_link_version,
)

# What is wrong with the subgraphs together. They see Federation 1 in the meaning of Federation 2.
MERGE_RULES: tuple[Rule, ...] = (
    contextual_argument_not_contextual_in_all_subgraphs,
    default_value_uses_inaccessible,
    directive_composition_error,
    disallowed_inaccessible,
    empty_merged_enum_type,
    empty_merged_input_type,
    enum_value_mismatch,
    extension_with_no_base,
    external_argument_default_mismatch,
    external_argument_missing,
    external_argument_type_mismatch,
    external_missing_on_base,
    external_type_mismatch,
    field_argument_default_mismatch,
    field_argument_type_mismatch,
    field_type_mismatch,
    implemented_by_inaccessible,
    input_field_default_mismatch,
    interface_field_no_implem,
    interface_key_missing_implementation_type,
    interface_object_usage_error,
    invalid_field_sharing,
    link_import_name_mismatch,
    merged_directive_application_on_external,
    missing_transitive_auth_requirements,
    no_queries,
    only_inaccessible_children,
    override_collision_with_another_directive,
    override_source_has_override,
    query_root_type_inaccessible,
    referenced_inaccessible,
    required_argument_missing_in_some_subgraph,
    required_inaccessible,
    required_input_field_missing_in_some_subgraph,
    shareable_has_mismatched_runtime_types,
    type_kind_mismatch,
)

# What is wrong with the supergraph, once there is one.
SUPERGRAPH_RULES: tuple[SupergraphRule, ...] = (satisfiability_error,)
