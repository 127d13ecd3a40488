"""The hints. Each takes the merged view and yields what it finds; their order means nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from router.composition.errors import Hint
from router.composition.hints.directive_composition_info import directive_composition_info
from router.composition.hints.directive_composition_warn import directive_composition_warn
from router.composition.hints.from_subgraph_does_not_exist import from_subgraph_does_not_exist
from router.composition.hints.implicitly_upgraded_federation_version import implicitly_upgraded_federation_version
from router.composition.hints.inconsistent_argument_presence import inconsistent_argument_presence
from router.composition.hints.inconsistent_but_compatible_argument_type import inconsistent_but_compatible_argument_type
from router.composition.hints.inconsistent_but_compatible_field_type import inconsistent_but_compatible_field_type
from router.composition.hints.inconsistent_default_value_presence import inconsistent_default_value_presence
from router.composition.hints.inconsistent_description import inconsistent_description
from router.composition.hints.inconsistent_entity import inconsistent_entity
from router.composition.hints.inconsistent_enum_value_for_input_enum import inconsistent_enum_value_for_input_enum
from router.composition.hints.inconsistent_enum_value_for_output_enum import inconsistent_enum_value_for_output_enum
from router.composition.hints.inconsistent_executable_directive_locations import (
    inconsistent_executable_directive_locations,
)
from router.composition.hints.inconsistent_executable_directive_presence import (
    inconsistent_executable_directive_presence,
)
from router.composition.hints.inconsistent_executable_directive_repeatable import (
    inconsistent_executable_directive_repeatable,
)
from router.composition.hints.inconsistent_input_object_field import inconsistent_input_object_field
from router.composition.hints.inconsistent_interface_value_type_field import inconsistent_interface_value_type_field
from router.composition.hints.inconsistent_non_repeatable_directive_arguments import (
    inconsistent_non_repeatable_directive_arguments,
)
from router.composition.hints.inconsistent_object_value_type_field import inconsistent_object_value_type_field
from router.composition.hints.inconsistent_runtime_types_for_shareable_return import (
    inconsistent_runtime_types_for_shareable_return,
)
from router.composition.hints.inconsistent_type_system_directive_locations import (
    inconsistent_type_system_directive_locations,
)
from router.composition.hints.inconsistent_type_system_directive_repeatable import (
    inconsistent_type_system_directive_repeatable,
)
from router.composition.hints.inconsistent_union_member import inconsistent_union_member
from router.composition.hints.merged_non_repeatable_directive_arguments import merged_non_repeatable_directive_arguments
from router.composition.hints.no_executable_directive_locations_intersection import (
    no_executable_directive_locations_intersection,
)
from router.composition.hints.overridden_field_can_be_removed import overridden_field_can_be_removed
from router.composition.hints.override_directive_can_be_removed import override_directive_can_be_removed
from router.composition.hints.override_migration_in_progress import override_migration_in_progress
from router.composition.hints.unused_enum_type import unused_enum_type
from router.composition.merged import Graph

Suggestion = Callable[[Graph], Iterator[Hint]]

HINTS: tuple[Suggestion, ...] = (
    directive_composition_info,
    directive_composition_warn,
    from_subgraph_does_not_exist,
    implicitly_upgraded_federation_version,
    inconsistent_argument_presence,
    inconsistent_but_compatible_argument_type,
    inconsistent_but_compatible_field_type,
    inconsistent_default_value_presence,
    inconsistent_description,
    inconsistent_entity,
    inconsistent_enum_value_for_input_enum,
    inconsistent_enum_value_for_output_enum,
    inconsistent_executable_directive_locations,
    inconsistent_executable_directive_presence,
    inconsistent_executable_directive_repeatable,
    inconsistent_input_object_field,
    inconsistent_interface_value_type_field,
    inconsistent_non_repeatable_directive_arguments,
    inconsistent_object_value_type_field,
    inconsistent_runtime_types_for_shareable_return,
    inconsistent_type_system_directive_locations,
    inconsistent_type_system_directive_repeatable,
    inconsistent_union_member,
    merged_non_repeatable_directive_arguments,
    no_executable_directive_locations_intersection,
    overridden_field_can_be_removed,
    override_directive_can_be_removed,
    override_migration_in_progress,
    unused_enum_type,
)
