package selmer

// op is what one instruction does. Operands index the tables of the Template; targets are instruction numbers.
type op uint8

const (
	opText    op = iota // append text[a:b]
	opValue             // append the value of exprs[a]
	opTest              // unless conditions[a] holds, go on at b
	opJump              // go on at b
	opFor               // begin loops[a]
	opNext              // next turn of loops[a], or go on at b
	opWith              // bind slot a to the value of exprs[b]
	opFirstOf           // append the first value of groups[a]
	opSum               // append the sum of groups[a]
	opCycle             // append the next word of cycles[a]
	opNow               // append the time in the pattern words[a]
	opURI               // append the script or style tag uris[a]
	opDebug             // append the data
)

type instr struct {
	op   op
	a, b int32
}

// binding is a variable that a tag makes: its slot at run time, and the variable of that name outside of the tag.
type binding struct {
	name  string
	slot  int
	outer *binding
}

// target is where a tag puts a value: a variable, or a place within one ({% with a.b=1 %}).
type target struct {
	local *binding
	rest  []segment
}

// loop is a {% for %}.
type loop struct {
	targets []target
	source  expr // without filters
	// filters are applied one by one. Each is an expression of its own, as in Selmer: its path is looked up in the data
	// again, where only a source without dots is replaced by the result of the filter before.
	filters  []expr
	filtered *binding // the variable that holds that result, if the source is a name without dots
	forloop  *binding
	outer    *binding // the forloop outside of this one
	depth    int      // number of loops around
	hasEmpty bool
	empty    int32 // where {% empty %} begins
	end      int32
}

// group is the operands of firstof or sum.
type group struct {
	offset int
	exprs  []expr
	emit   emitMode
	raw    bool
}

// cycle is a {% cycle %}.
type cycle struct {
	offset int
	words  []string
}

// clock is a {% now %}.
type clock struct {
	offset  int
	pattern string
	emit    emitMode
}

// uri is a {% script %} or {% style %}.
type uri struct {
	script   bool
	literal  string
	expr     expr
	isExpr   bool
	settings map[string]expr // of a script: async, defer, type
}
