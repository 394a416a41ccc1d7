package selmer

import (
	"strconv"
	"time"
)

func (f timeFormatter) zone(p timePart) string {
	name, seconds := f.t.Zone()
	switch p.letter {
	case 'V':
		if loc := f.t.Location().String(); loc != "Local" {
			return loc
		}
		return name
	case 'v', 'z':
		return name
	case 'O':
		return gmtOffset(seconds, p.count == 4)
	case 'Z':
		switch p.count {
		case 4:
			return gmtOffset(seconds, true)
		case 5:
			return offset(seconds, 5, "Z")
		default:
			return offset(seconds, 2, "+0000")
		}
	case 'X':
		return offset(seconds, p.count, "Z")
	default:
		return offset(seconds, p.count, [...]string{"+00", "+0000", "+00:00", "+0000", "+00:00"}[p.count-1])
	}
}

// offset writes a distance from UTC: 1 is +01 or +0130, 2 +0130, 3 +01:30, and 4 and 5 add seconds if there are any.
func offset(seconds, count int, zero string) string {
	if seconds == 0 {
		return zero
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	colon := ""
	if count == 3 || count == 5 {
		colon = ":"
	}
	out := sign + number(seconds/3600, 2)
	minutes, rest := seconds/60%60, seconds%60
	if count > 1 || minutes > 0 {
		out += colon + number(minutes, 2)
	}
	if count > 3 && rest > 0 {
		out += colon + number(rest, 2)
	}
	return out
}

func gmtOffset(seconds int, full bool) string {
	if seconds == 0 {
		return "GMT"
	}
	if full {
		return "GMT" + offset(seconds, 3, "")
	}
	sign, minutes := "+", seconds/60
	if seconds < 0 {
		sign, minutes = "-", -minutes
	}
	out := "GMT" + sign + strconv.Itoa(minutes/60)
	if minutes%60 > 0 {
		out += ":" + number(minutes%60, 2)
	}
	return out
}

// weekday counts from Monday, which is 1.
func weekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// weekOf numbers the weeks as Java does without a country: a week begins on Monday, and the one with January 1 is the first.
func weekOf(t time.Time) (year, week int) {
	year = t.Year()
	if next := time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC); time.Date(year, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).AddDate(0, 0, weekday(next)-1).Before(next) {
		first := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		return year, (t.YearDay()+weekday(first)-2)/7 + 1
	}
	return year + 1, 1
}

func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
