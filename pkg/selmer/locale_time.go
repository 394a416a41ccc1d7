package selmer

// timeLocale holds the words and patterns of a language for dates, from the Unicode CLDR as Java has them. Lists are
// separated by bars: months from January, days from Monday, styles from full to short.
type timeLocale struct {
	months, shortMonths string
	days, shortDays     string
	ampm                string
	eras                string // short and full, of our era
	date                string
	time                string
	dateTime            string
}

// timeLocaleOf returns the words of a language; English for one that is not here.
func timeLocaleOf(language string) timeLocale {
	switch language {
	case "de":
		return timeLocale{
			months:      "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
			shortMonths: "Jan.|Feb.|März|Apr.|Mai|Juni|Juli|Aug.|Sept.|Okt.|Nov.|Dez.",
			days:        "Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag",
			shortDays:   "Mo.|Di.|Mi.|Do.|Fr.|Sa.|So.",
			ampm:        "AM|PM",
			eras:        "n. Chr.|n. Chr.",
			date:        "EEEE, d. MMMM y|d. MMMM y|dd.MM.y|dd.MM.yy",
			time:        "HH:mm:ss zzzz|HH:mm:ss z|HH:mm:ss|HH:mm",
			dateTime:    "EEEE, d. MMMM y 'um' HH:mm:ss zzzz|d. MMMM y 'um' HH:mm:ss z|dd.MM.y, HH:mm:ss|dd.MM.yy, HH:mm",
		}
	case "fr":
		return timeLocale{
			months:      "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
			shortMonths: "janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc.",
			days:        "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
			shortDays:   "lun.|mar.|mer.|jeu.|ven.|sam.|dim.",
			ampm:        "AM|PM",
			eras:        "ap. J.-C.|après Jésus-Christ",
			date:        "EEEE d MMMM y|d MMMM y|d MMM y|dd/MM/y",
			time:        "HH:mm:ss zzzz|HH:mm:ss z|HH:mm:ss|HH:mm",
			dateTime:    "EEEE d MMMM y 'à' HH:mm:ss zzzz|d MMMM y 'à' HH:mm:ss z|d MMM y, HH:mm:ss|dd/MM/y HH:mm",
		}
	case "es":
		return timeLocale{
			months:      "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
			shortMonths: "ene|feb|mar|abr|may|jun|jul|ago|sept|oct|nov|dic",
			days:        "lunes|martes|miércoles|jueves|viernes|sábado|domingo",
			shortDays:   "lun|mar|mié|jue|vie|sáb|dom",
			ampm:        "a.\u00a0m.|p.\u00a0m.",
			eras:        "anno Dómini|después de Cristo",
			date:        "EEEE, d 'de' MMMM 'de' y|d 'de' MMMM 'de' y|d MMM y|d/M/yy",
			time:        "H:mm:ss (zzzz)|H:mm:ss z|H:mm:ss|H:mm",
			dateTime:    "EEEE, d 'de' MMMM 'de' y, H:mm:ss (zzzz)|d 'de' MMMM 'de' y, H:mm:ss z|d MMM y H:mm:ss|d/M/yy H:mm",
		}
	case "it":
		return timeLocale{
			months:      "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
			shortMonths: "gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic",
			days:        "lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica",
			shortDays:   "lun|mar|mer|gio|ven|sab|dom",
			ampm:        "AM|PM",
			eras:        "dopo Cristo|d.C.",
			date:        "EEEE d MMMM y|d MMMM y|d MMM y|dd/MM/yy",
			time:        "HH:mm:ss zzzz|HH:mm:ss z|HH:mm:ss|HH:mm",
			dateTime:    "EEEE d MMMM y HH:mm:ss zzzz|d MMMM y HH:mm:ss z|d MMM y, HH:mm:ss|dd/MM/yy, HH:mm",
		}
	case "pt":
		return timeLocale{
			months:      "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
			shortMonths: "jan.|fev.|mar.|abr.|mai.|jun.|jul.|ago.|set.|out.|nov.|dez.",
			days:        "segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo",
			shortDays:   "seg.|ter.|qua.|qui.|sex.|sáb.|dom.",
			ampm:        "AM|PM",
			eras:        "d.C.|depois de Cristo",
			date:        "EEEE, d 'de' MMMM 'de' y|d 'de' MMMM 'de' y|d 'de' MMM 'de' y|dd/MM/y",
			time:        "HH:mm:ss zzzz|HH:mm:ss z|HH:mm:ss|HH:mm",
			dateTime:    "EEEE, d 'de' MMMM 'de' y HH:mm:ss zzzz|d 'de' MMMM 'de' y HH:mm:ss z|d 'de' MMM 'de' y HH:mm:ss|dd/MM/y HH:mm",
		}
	case "nl":
		return timeLocale{
			months:      "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
			shortMonths: "jan.|feb.|mrt.|apr.|mei|jun.|jul.|aug.|sep.|okt.|nov.|dec.",
			days:        "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag",
			shortDays:   "ma|di|wo|do|vr|za|zo",
			ampm:        "a.m.|p.m.",
			eras:        "n. Chr.|na Christus",
			date:        "EEEE d MMMM y|d MMMM y|d MMM y|dd-MM-y",
			time:        "HH:mm:ss zzzz|HH:mm:ss z|HH:mm:ss|HH:mm",
			dateTime:    "EEEE d MMMM y 'om' HH:mm:ss zzzz|d MMMM y 'om' HH:mm:ss z|d MMM y HH:mm:ss|dd-MM-y HH:mm",
		}
	case "ja":
		return timeLocale{
			months:      "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
			shortMonths: "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
			days:        "月曜日|火曜日|水曜日|木曜日|金曜日|土曜日|日曜日",
			shortDays:   "月|火|水|木|金|土|日",
			ampm:        "午前|午後",
			eras:        "西暦|西暦",
			date:        "y年M月d日EEEE|y年M月d日|y/MM/dd|y/MM/dd",
			time:        "H時mm分ss秒 zzzz|H:mm:ss z|H:mm:ss|H:mm",
			dateTime:    "y年M月d日EEEE H時mm分ss秒 zzzz|y年M月d日 H:mm:ss z|y/MM/dd H:mm:ss|y/MM/dd H:mm",
		}
	case "zh":
		return timeLocale{
			months:      "一月|二月|三月|四月|五月|六月|七月|八月|九月|十月|十一月|十二月",
			shortMonths: "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
			days:        "星期一|星期二|星期三|星期四|星期五|星期六|星期日",
			shortDays:   "周一|周二|周三|周四|周五|周六|周日",
			ampm:        "上午|下午",
			eras:        "公元|公元",
			date:        "y年M月d日EEEE|y年M月d日|y年M月d日|y/M/d",
			time:        "zzzz ah:mm:ss|z ah:mm:ss|ah:mm:ss|ah:mm",
			dateTime:    "y年M月d日EEEE zzzz ah:mm:ss|y年M月d日 z ah:mm:ss|y年M月d日 ah:mm:ss|y/M/d ah:mm",
		}
	default:
		return timeLocale{
			months:      "January|February|March|April|May|June|July|August|September|October|November|December",
			shortMonths: "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
			days:        "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
			shortDays:   "Mon|Tue|Wed|Thu|Fri|Sat|Sun",
			ampm:        "AM|PM",
			eras:        "AD|Anno Domini",
			date:        "EEEE, MMMM d, y|MMMM d, y|MMM d, y|M/d/yy",
			time:        "h:mm:ss a zzzz|h:mm:ss a z|h:mm:ss a|h:mm a",
			dateTime:    "EEEE, MMMM d, y 'at' h:mm:ss a zzzz|MMMM d, y 'at' h:mm:ss a z|MMM d, y, h:mm:ss a|M/d/yy, h:mm a",
		}
	}
}
