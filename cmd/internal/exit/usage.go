package exit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Plainly makes every mistake in the command line of root, or of a command below it, a Usage error that says what is wrong and
// what to write instead.
func Plainly(root *cobra.Command) {
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return With(Usage, flagError(cmd, err)) })
	plainly(root)
}

func plainly(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) == nil {
				return exclusive(cmd)
			}
			return With(Usage, argumentError(cmd, args, check))
		}
	}
	for _, sub := range cmd.Commands() {
		plainly(sub)
	}
}

// argumentError says why check refuses args.
func argumentError(cmd *cobra.Command, args []string, check cobra.PositionalArgs) error {
	if cmd.HasAvailableSubCommands() && len(args) > 0 {
		if similar := suggested(cmd, args[0]); similar != "" {
			return fmt.Errorf("there is no command `%s %s`; did you mean %s?", cmd.CommandPath(), args[0], similar)
		}
		return fmt.Errorf("there is no command `%s %s`; `%s --help` lists the commands", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	for more := args; len(more) < len(args)+3; {
		if more = append(slices.Clone(more), "x"); check(cmd, more) == nil {
			return fmt.Errorf("`%s` needs more arguments; write `%s`", cmd.CommandPath(), cmd.UseLine())
		}
	}
	return fmt.Errorf("%q is one argument too many; write `%s`", args[len(args)-1], cmd.UseLine())
}

// exclusive refuses flags that cobra's MarkFlagsMutuallyExclusive keeps apart.
func exclusive(cmd *cobra.Command) error {
	if cmd.ValidateFlagGroups() == nil {
		return nil
	}
	var given []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if len(f.Annotations) > 0 {
			given = append(given, "--"+f.Name)
		}
	})
	return With(Usage, fmt.Errorf("%s cannot be combined", strings.Join(given, " and ")))
}

// flagError says what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	help := fmt.Sprintf("`%s --help` lists the flags", cmd.CommandPath())
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if e.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("there is no flag -%s; %s", e.GetSpecifiedName(), help)
		}
		name := e.GetSpecifiedName()
		if similar := similarFlag(cmd, name); similar != "" {
			return fmt.Errorf("there is no flag --%s; did you mean --%s?", name, similar)
		}
		return fmt.Errorf("there is no flag --%s; %s", name, help)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("--%s needs a value; %s", e.GetFlag().Name, help)
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := e.GetFlag()
		want := errors.Unwrap(e).Error()
		switch f.Value.Type() {
		case "int", "int64", "uint", "count":
			want = "write a whole number"
		case "bool":
			want = "write true or false"
		case "duration":
			want = "write a duration such as 30s"
		}
		return fmt.Errorf("--%s is %q: %s", f.Name, e.GetValue(), want)
	}
	return fmt.Errorf("%s is not a flag; %s", strings.TrimPrefix(err.Error(), "bad flag syntax: "), help)
}

// suggested are the commands that name may be a slip of, in words.
func suggested(cmd *cobra.Command, name string) string {
	cmd.SuggestionsMinimumDistance = min(farthest, len(name)/2) // every short word is near to another
	names := cmd.SuggestionsFor(name)
	for i, name := range names {
		names[i] = "`" + cmd.CommandPath() + " " + name + "`"
	}
	return strings.Join(names, " or ")
}

// farthest is how many letters a slip differs in.
const farthest = 2

// similarFlag is the flag that name may be a slip of; "" if there is none.
func similarFlag(cmd *cobra.Command, name string) string {
	best, nearest := "", farthest+1
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		d := distance(name, f.Name)
		if strings.HasPrefix(f.Name, name) {
			d = min(d, farthest)
		}
		if d < nearest {
			best, nearest = f.Name, d
		}
	})
	return best
}

// distance is how many letters have to be changed, added or removed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}
