"""Writes the C header of a statement."""
from .head import FLOAT_TYPES, INT_TYPES, TEXT_TYPES

WIDTH = 118


def write(statement, path):
    """The header's text; path is the statement's, for those who read the header."""
    out = [f"/* {path.rsplit('/', 1)[-1]}.h - made from {path}: edit that. See common/pg/statements/README.md. */"]
    guard = "SHARELINK_STATEMENT_" + statement.name.upper() + "_H"
    out += [f"#ifndef {guard}", f"#define {guard}", "", '#include "common/pg/declared.h"']
    headers = {rows.header for rows in statement.rows if rows.header} | {enum.header for enum in statement.enums.values()}
    if statement.batch:
        headers.add("common/pg/batch.h")
    out += [f'#include "{header}"' for header in sorted(headers)]
    out += [""]
    if not statement.is_page:
        out += structs_in(statement)
    out += enums(statement)
    out += columns(statement)
    out += text(statement)
    if not statement.is_page:
        out += struct_out(statement) + params(statement) + sending(statement) + reading(statement)
    out += ["#endif"]
    return "\n".join(out) + "\n"


# --- types ---

def c_in(field):
    if field.type == "text[]":
        return "struct pg_texts "
    if field.type == "bytea":
        return "struct pg_bytes "
    if field.type in TEXT_TYPES:
        return "const char *"
    kind = "int64_t" if field.type in INT_TYPES else "double" if field.type in FLOAT_TYPES else "bool"
    return f"const {kind} *" if field.may_be_null else f"{kind} "


def constant(statement, field, value):
    tag = field.enum or (statement.name if field.name == "outcome" else f"{statement.name}_{field.name}")
    return f"{tag}_{value}".upper().replace(".", "_")


def structs_in(statement):
    out = []
    for rows in statement.rows:
        if not rows.struct:
            out += [f"struct {row_struct(statement, rows)[7:]} {{"] + [member(column) for column in rows.columns] + ["};", ""]
    members = [member(field) for field in statement.inputs]
    for rows in statement.rows:
        if not rows.is_batch:
            out += [f"struct {statement.name}_{rows.name} {{", f"    const {row_struct(statement, rows)} *list;", "    size_t count;", "};", ""]
            members.append(f"    struct {statement.name}_{rows.name} {rows.name};")
    if members:
        out += ["/* What goes in; all of it. A pointer that may be NULL says so. */", f"struct {statement.name}_in {{"] + members + ["};", ""]
    return out


def row_struct(statement, rows):
    return f"struct {rows.struct}" if rows.struct else f"struct {statement.name}_item" if rows.is_batch else f"struct {statement.name}_{rows.name}_row"


def member(field):
    return f"    {c_in(field)}{field.name};" + (" /* or NULL */" if field.may_be_null else "")


def enums(statement):
    out = []
    for field in statement.outputs:
        if field.values and not field.enum:
            out += [f"enum {statement.name}_{field.name} {{"]
            out += [f"    {constant(statement, field, value)}," for value in field.values] + ["};", ""]
    return out


def columns(statement):
    if not statement.outputs:
        return []
    out = []
    for field in statement.outputs:
        if field.values:
            out += [f"static const char *const {statement.name}_{field.name}_values[] = {{"]
            out += [f'    "{value}",' for value in field.values] + ["    NULL,", "};"]
    out += [f"static const struct pg_column {statement.name}_columns[] = {{"]
    for field in statement.outputs:
        extra = ", .may_be_null = true" if field.may_be_null else ""
        extra += f", .values = {statement.name}_{field.name}_values" if field.values else ""
        out.append(f'    {{ .name = "{field.name}", .type = "{field.type}"{extra} }},')
    return out + ["};", ""]


def text(statement):
    # A question mark too: ??= of a script would be a trigraph.
    named = f"-- {statement.name}\n{statement.text}"  # so that an operator finds it in pg_stat_activity
    lines = [line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") for line in named.splitlines()]
    out = [f"static const struct pg_statement {statement.name}_statement = {{", f'    .name = "{statement.name}",', "    .sql ="]
    out += [f'        "{line}\\n"' for line in lines]
    out[-1] += ","
    if statement.outputs:
        out += [f"    .columns = {statement.name}_columns,", f"    .column_count = {len(statement.outputs)},"]
    if statement.lane:
        out += [f"    .lane = PG_LANE_{statement.lane.upper()},"]
    if must_answer(statement):
        out += ["    .must_answer = true,"]
    return out + ["};", ""]


def must_answer(statement):
    """An outcome that does not say what no row is."""
    return any(field.name == "outcome" and field.values and not field.no_row for field in statement.outputs)


def struct_out(statement):
    if not statement.outputs:
        return []
    out = ["/* A row of the answer. Text is valid as long as the answer. */", f"struct {statement.name}_out {{"]
    for field in statement.outputs:
        if field.values:
            out.append(f"    enum {field.enum or statement.name + '_' + field.name} {field.name};")
        elif field.type in TEXT_TYPES or field.type == "bytea":
            out.append(f"    const char *{field.name};" + (" /* or NULL */" if field.may_be_null else ""))
        else:
            kind = "int64_t" if field.type in INT_TYPES else "double" if field.type in FLOAT_TYPES else "bool"
            out.append(f"    {kind} {field.name};")
            if field.may_be_null:
                out.append(f"    bool has_{field.name};")
    return out + ["};", ""]


# --- functions ---

def call(field, value, label):
    kind = {"text[]": "texts", "bytea": "bytes", "bool": "bool"}.get(field.type)
    kind = kind or ("text" if field.type in TEXT_TYPES else "int" if field.type in INT_TYPES else "double")
    if field.may_be_null:
        return f"pg_add_{kind}_or_null(params, {value});"
    named = kind in ("text", "bytes", "texts")
    return f'pg_add_{kind}(params, "{label}", {value});' if named else f"pg_add_{kind}(params, {value});"


def cell(field, value, label):
    kind = {"bytea": "bytes", "bool": "bool"}.get(field.type)
    kind = kind or ("text" if field.type in TEXT_TYPES else "int" if field.type in INT_TYPES else "double")
    if field.may_be_null:
        return f"{value}" if kind == "text" else f"pg_cell_{kind}_or_null(params, {value})"
    return f'pg_cell_{kind}(params, "{label}", {value})' if kind in ("text", "bytes") else f"pg_cell_{kind}(params, {value})"


def has_in(statement):
    return bool(statement.inputs or [rows for rows in statement.rows if not rows.is_batch])


def params(statement):
    name = statement.name
    given = f", const struct {name}_in *in" if has_in(statement) else ""
    out = [f"static inline void {name}_params(struct pg_params *params, struct arena *arena{given})", "{", "    pg_params_init(params, arena);"]
    out += [f"    {call(field, 'in->' + field.name, field.name)}" for field in statement.inputs]
    for rows in statement.rows:
        if rows.is_batch:
            continue
        out += ["    {", f"        const char **cells = arena_calloc(arena, in->{rows.name}.count, sizeof *cells);", ""]
        for column in rows.columns:
            value = cell(column, f"in->{rows.name}.list[i].{column.name}", f"{rows.name}.{column.name}")
            out += [f"        for (size_t i = 0; i < in->{rows.name}.count; i++) {{", f"            cells[i] = {value};", "        }",
                    f"        pg_text_array(params, cells, in->{rows.name}.count);"]
        out += ["    }"]
    return out + ["}", ""]


def sending(statement):
    return batch_functions(statement) if statement.batch else query_function(statement)


def query_function(statement):
    name = statement.name
    given, passed = (f" const struct {name}_in *in,", ", in") if has_in(statement) else ("", "")
    return ["/* Sends it and waits; then reads the answer. */",
            f"static inline struct next *{name}_query(struct flow *flow, struct pg_pool *pool,{given} flow_step *then)", "{",
            "    struct pg_params params;", "", f"    {name}_params(&params, flow->arena{passed});",
            f"    return pg_query(flow, pool, &{name}_statement, &params, then);", "}", ""]


def batch_functions(statement):
    name, rows = statement.name, statement.batch
    given, passed = (f", const struct {name}_in *in", ", in") if has_in(statement) else ("", "")
    values = [f"    values[{i}] = {cell(column, 'item->' + column.name, rows.name + '.' + column.name)};" for i, column in enumerate(rows.columns)]
    count = len(rows.columns)
    return [f"/* most items in one statement, waiting_limit that may queue. The arena lives as long as the batch. */",
            f"static inline struct pg_batch *{name}_batch(struct pg_pool *pool, struct arena *arena, int most, int waiting_limit{given})", "{",
            "    struct pg_params *params = arena_alloc(arena, sizeof *params);", "", f"    {name}_params(params, arena{passed});",
            f"    return pg_batch_new(pool, &(struct pg_batch_options){{ .statement = &{name}_statement,",
            f"                                                         .columns = {count},",
            "                                                         .most = most,",
            "                                                         .waiting_limit = waiting_limit,",
            "                                                         .constants = params->values,",
            "                                                         .constant_count = params->count,",
            "                                                         .missing = params->missing });", "}", "",
            f"static inline const char **{name}_values(struct pg_params *params, const struct {name}_item *item)", "{",
            f"    const char **values = arena_calloc(params->arena, {count}, sizeof *values);", ""] + values + [
            "    return values;", "}", "",
            "/* Adds an item and waits; the answer has its rows alone. The item's text must live as long as the flow. */",
            f"static inline struct next *{name}_add(struct flow *flow, struct pg_batch *batch, const struct {name}_item *item, flow_step *then)", "{",
            "    struct pg_params params;", "", "    pg_params_init(&params, flow->arena);",
            f"    const char **values = {name}_values(&params, item);",
            f"    return params.missing ? pg_refuse_missing(flow, &{name}_statement, &params, then) : pg_batch_add(flow, batch, values, then);", "}", "",
            "/* The same without a flow; what the item holds is copied. */",
            f"static inline void {name}_push(struct pg_batch *batch, const struct {name}_item *item, pg_done *done, void *arg)", "{",
            "    struct arena *arena = arena_new();", "    struct pg_params params;", "", "    pg_params_init(&params, arena);",
            f"    const char **values = {name}_values(&params, item);",
            "    if (params.missing) {", "        pg_batch_refuse_missing(batch, &params, done, arg);", "    } else {",
            "        pg_batch_push(batch, values, done, arg);", "    }", "    arena_free(arena);", "}", ""]


def reading(statement):
    if not statement.outputs:
        return []
    name = statement.name
    out = [f"static inline struct {name}_out {name}_read(const struct pg_answer *answer, int row)", "{"]
    for field in statement.outputs:
        if field.enum:
            out += [f"    static const enum {field.enum} {field.name}[] = {{"] + [f"        {constant(statement, field, value)}," for value in field.values] + ["    };"]
    out += [f"    return (struct {name}_out){{"]
    for i, field in enumerate(statement.outputs):
        out += [f"        .{target} = {value}," for target, value in read_members(statement, field, i)]
    out += ["    };", "}", "", f"static inline struct {name}_out {name}_get(const struct flow *flow, int row)", "{",
            f"    return {name}_read(pg_answer_of(flow), row);", "}", ""]
    return out


def read_members(statement, field, i):
    if field.values:
        no_row = field.values.index(field.no_row) if field.no_row else 0
        choice = f"pg_read_choice(answer, row, {i}, {statement.name}_{field.name}_values, {no_row})"
        yield field.name, f"{field.name}[{choice}]" if field.enum else f"(enum {statement.name}_{field.name}){choice}"
        return
    if field.type in TEXT_TYPES or field.type == "bytea":
        yield field.name, f"pg_read_text{'_or_null' if field.may_be_null else ''}(answer, row, {i})"
        return
    kind = "int" if field.type in INT_TYPES else "double" if field.type in FLOAT_TYPES else "bool"
    yield field.name, f"pg_read_{kind}(answer, row, {i})"
    if field.may_be_null:
        yield f"has_{field.name}", f"!pg_answer_is_null(answer, row, {i})"
