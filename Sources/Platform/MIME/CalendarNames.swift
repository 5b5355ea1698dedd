/// The names of months and days of the week in the languages of the Unicode CLDR that mail programs speak.
///
/// Made of CLDR's wide and abbreviated names, in lower case and in NFC; names of one letter say nothing.
enum CalendarNames {
    /// Whether a word, in lower case and NFC, names a month or a day of the week in some language.
    static func contains(_ word: String) -> Bool { all.contains(word) }

    private static let all = Set(names.split(whereSeparator: \.isWhitespace).map(String.init))

    private static let names = """
        abe abendua abr abril abu abuztua ag ago agost agosti agosto agu agustus ahad ahd aib aibreán al
        alhamisi an antradienis aoine août api apirila apr aprel april aprile aprili aprilie aprill apríl
        apríla aprīlis ar ara aralık asteartea asteazkena astelehena aug august augusta augusti augusts
        augustus augusztus avg avgust avq avqust avr avril awst axşamı az aza azaroa ağu ağustos bal
        balandis balandžio bazar beal bealtaine birž birželio birželis biy biyernes bře březen března
        ceturtd ceturtdiena chor chorshanba chw chwef chwefror cmt cn cs csütörtök cum cuma cumartesi cze
        czerwca czerwiec czw czwartek céad céadaoin cümə dc dec decembar december decembra decembrie
        decembris decembro deireadh dek dekabr des desemba desember desembre dets detsember dez dezember
        dezembro dfómh dg dhj dhjetor di dic dicembre diciembre die diel dienstag dijous dilluns dim
        dimanche dimarts dimecres dinsdag dis disember dissabte disyembre diumenge divendres dj dl do dom
        domenica domh domhnaigh domingo donderdag donnerstag ds dt dub duben dubna dum duminică dush
        dushanba dv dydd déar déardaoin déc décembre ean eanáir ebr ebrill eka ekaina eki ekim elo elokuu
        elokuuta ene enero enj enjte ertəsi esmaspäev eyl eylül feabh feabhra feb febbraio febr febreiro
        febrer febrero februar februari februarie february február februára februāris febrúar fev fevereiro
        fevral fim fimmtudagur fr fre fredag freitag fri friday févr février fómhair fös föstudagur geg
        gegužė gegužės gen gener gennaio gio giovedì giu giugno gor gorff gorffennaf gru grudnia grudzień
        gruod gruodis gruodžio gush gusht gwe gwen gwener haoine haz haziran heinä heinäkuu heinäkuuta helmi
        helmikuu helmikuuta huhti huhtikuu huhtikuuta hul hulyo hun hunyo huw huwebes hyd hydref hétfő hën
        hënë ian ianuarie iau ig igandea ijumaa ion ionawr ira iraila isn isnin iul iulie iun iunie iyl iyn
        iyul iyun iúil jaan jaanuar jan janar janeiro januar januari januarie january január januára janv
        janvier janvāris janúar jeu jeudi joi joulu joulukuu joulukuuta jue jueves juil juillet juin jul
        julai julho juli julie julij julio juliol july jum juma jumaat jumamosi jumanne jumapili jumat
        jumatano jumatatu jun june junho juni junie junij junio juny juuli juuni júl júla július júlí jún
        júna június júní jūl jūlijs jūn jūnijs kam kamis kas kasım ke kedd keskiviikko keskiviikkona kesä
        kesäkuu kesäkuuta ketvirtadienis kha khamis kol kolmapäev kolovoz kolovoza korr korrik kov kovas
        kovo kt kvě květen května kwi kwiecień kwietnia la lapkr lapkritis lapkričio larunbata lau lauantai
        lauantaina laugardagur laupäev led leden ledna liep liepa liepos lin linggo lip lipanj lipca lipiec
        lipnja lis listopad listopada listopadu llun loka lokakuu lokakuuta lr luain luan lug luglio lun
        lundi lunedì lunes luni luns lut lutego luty lör lördag lør lørdag lún lúnasa ma maalis maaliskuu
        maaliskuuta maanantai maanantaina maandag maart mac machi mag maggio mai maiatza maig maijs maio maj
        maja man mandag mar marca march mardi marec maret marras marraskuu marraskuuta mars marso mart
        martedì martes martie marts martxoa martë marzec marzo març março marți maw mawrth may mayo mayıs
        maí medi meh mehefin mei meith meitheamh mer mercher mercoledì mercredi mfómh mi mie miercuri min
        minggu mittwoch miy miyerkules mié miércoles mið miðvikudagur mo mon monday montag mrt máirt máj
        mája május mán mánudagur márc március márta mär märts märz mån måndag mér mércores mër mërkurë ne
        ned nedelja nedeľa nedjelja neděle neljapäev nhật niedz niedziela nis nisan nob nobyembre noiembrie
        noll nollaig nov novemba novembar november novembra novembre novembris novembro noviembre noy noyabr
        nën nëntor nóv nóvember oca ocak oct october octobre octombrie octubre og ogo ogos okt oktabr oktoba
        oktobar oktober oktobris oktoober oktubre oktyabr október októbra ons onsdag or osteguna ostirala
        otrd otrdiena ots otsaila ott ottobre out outubro ožu ožujak ožujka pay payshanba paz pazar
        pazartesi paź październik października pe peb pebrero penktadienis per perjantai perjantaina
        perşembe pet petak petek pi piatok piektd piektdiena pirmadienis pirmd pirmdiena piątek pn po pon
        pondelok pondělí ponedeljek ponedjeljak poniedziałek pr pre premte pri prill pro prosinac prosinca
        prosince prosinec pt pzt pá pátek péntek pühapäev qer qershor qua quarta qui quinta rab rabu reede
        rhag rhagfyr rugp rugpjūtis rugpjūčio rugs rugsėjis rugsėjo ruj rujan rujna sa sab sabado sabato
        sabtu sad sadwrn sal salı sam samedi samh samhain samstag sat saterdag sath sathairn saturday saus
        sausio sausis seg segunda sekmadienis sel selasa sen senin sentabr sentyabr sep sept septemba
        septembar september septembra septembre septembrie septembris septiembre sesh seshanba sestd
        sestdiena set setembre setembro settembre setyembre sex sexta shan shanba shk shkurt sht shtator
        shtunë sie sierpień sierpnia sij siječanj siječnja sk so sob sobota sondag sonntag spal spalio
        spalis sre sreda sri srijeda srp srpanj srpen srpna srpnja st streda stu studeni studenoga sty
        styczeń stycznia středa su sub subota sul sun sunday sunnudagur sunnuntai sunnuntaina svi svibanj
        svibnja svētd svētdiena syys syyskuu syyskuuta sze szept szeptember szerda szo szombat sáb sábado
        sâm sâmbătă sön söndag søn søndag tach tachwedd tammi tammikuu tammikuuta teisipäev tem temmuz ter
        terça tet tetor thu thursday thứ ti tiistai tiistaina tir tirs tirsdag tis tisdag to tor torek tors
        torsdag torstai torstaina touko toukokuu toukokuuta tr tra travanj travnja trečiadienis trešd
        trešdiena tue tuesday urr urria urt urtarrila ut uto utorak utorok uzt uztaila vas vasario vasaris
        vasárnap veebr veebruar velj veljača veljače ven vendredi venerdì venres vie viernes vin vineri vr
        vrijdag vrydag wed wednesday wo woensdag wrz wrzesień września wt wtorek xan xaneiro xov xoves xul
        xullo xuño yak yakshanba yan yanvar za zaterdag zo zondag zář září ágú ágúst ápr április çar
        çarşamba çərşənbə úno únor února út úterý þri þriðjudagur červen července červenec června čet
        četrtek četvrtak čt čtvrtek čvc čvn říj říjen října śr środa şub şubat şənbə šeštadienis št štvrtok
        απρ απρίλιος απριλίου αυγ αυγούστου αύγ αύγουστος δεκ δεκέμβριος δεκεμβρίου δευ δευτέρα ιαν
        ιανουάριος ιανουαρίου ιουλ ιουλίου ιουν ιουνίου ιούλ ιούλιος ιούν ιούνιος κυρ κυριακή μάι μάιος μάρ
        μάρτιος μαΐ μαΐου μαρ μαρτίου νοέ νοέμβριος νοε νοεμβρίου οκτ οκτωβρίου οκτώβριος πέμ πέμπτη παρ
        παρασκευή σάβ σάββατο σεπ σεπτέμβριος σεπτεμβρίου τετ τετάρτη τρί τρίτη φεβ φεβρουάριος φεβρουαρίου
        авг август августа апр апрель апреля април аравдугаар аў аўторак ақп ақпан ба баасан бейсенбі бер
        березень березня бс бя бямба вер верасень верасня вересень вересня воскресенье вс вт вто вторник
        вівторок груд грудень грудня гуравдугаар да даваа дек декабрь декабря декември дец децембар
        долоодугаар дс дүйсенбі дөрөвдүгээр есдүгээр жексенбі жел желтоқсан жм жні жнівень жніўня жовт
        жовтень жовтня жс жұма зургаадугаар июл июль июля июн июнь июня кас кастрычнік кастрычніка квіт
        квітень квітня кра красавік красавіка лип липень липня лист листопад листопада лх лхагва лют лютага
        лютий лютого люты ліп ліпень ліпеня ліс лістапад лістапада май мам мамыр мар март марта мау маусым
        мая мај мя мягмар наймдугаар нау наурыз нд нед недела неделя недеља неділя нов новембар ное ноември
        нояб ноябрь ноября нэгдүгээр ня нядзеля ням окт октобар октомври октябрь октября пʼятниця панядзелак
        пет петак петок петък пн пон понеделник понедельник понедељак понеділок пт пятница пятніца пү пүрэв
        саб сабота сак сакавік сакавіка сб сейсенбі сенбі сент сентябрь сентября сеп септембар септември
        серада середа серп серпень серпня сне снежань снежня ср сре среда сряда сс сту студзень студзеня суб
        суббота субота събота січ січень січня сәрсенбі сәу сәуір тавдугаар там тамыз трав травень травня
        уто уторак феб фебруар фев февр февраль февраля февруари хоёрдугаар чацвер черв червень червня чет
        четвер четверг четвртак четврток четвъртък чт чц чэр чэрвень чэрвеня шіл шілде юли юни янв январь
        января яну януари јан јануар јануари јул јули јун јуни қаз қазан қар қараша қаң қаңтар қыр қыркүйек
        ապր ապրիլ ապրիլի դեկ դեկտեմբեր դեկտեմբերի երեքշաբթի երկ երկուշաբթի երք կիր կիրակի հինգշաբթի հլս հնգ
        հնս հնվ հոկ հոկտեմբեր հոկտեմբերի հուլիս հուլիսի հունիս հունիսի հունվար հունվարի մայիս մայիսի մարտ
        մարտի մյս մրտ նոյ նոյեմբեր նոյեմբերի շաբաթ շբթ ուր ուրբաթ չորեքշաբթի չրք սեպ սեպտեմբեր սեպտեմբերի
        փետրվար փետրվարի փտվ օգոստոս օգոստոսի օգս אוג אוגוסט אוק אוקטובר אפר אפריל דצמ דצמבר חמישי יולי יום
        יוני ינו ינואר מאי מרץ נוב נובמבר ספט ספטמבר פבר פברואר ראשון רביעי שבת שישי שלישי آوریل أبريل أغسطس
        أكتوبر اتوار الأحد الأربعاء الاثنين الثلاثاء الجمعة الخميس السبت اوت اپریل اکتبر اکتوبر اگست بدھ
        جمعرات جمعه جمعہ جنوری جولائی جون دسامبر دسمبر دوشنبه ديسمبر سبتمبر ستمبر سپتامبر شنبه فبراير فروری
        فوریه مئی مارس مارچ مايو منگل مه نوامبر نوفمبر نومبر يناير يوليو يونيو پنجشنبه پیر چهارشنبه ژانویه
        ژوئن ژوئیه ہفتہ یکشنبه अक्टू अक्टूबर अग अगस्त अप्रैल एप्रि एप्रिल ऑक्टो ऑक्टोबर ऑग ऑगस्ट गुरु
        गुरुवार जन जनवरी जाने जानेवारी जुल जुलाई जुलै जून डिसें डिसेंबर दिस दिसंबर नव नवंबर नोव्हें
        नोव्हेंबर फ़र फ़रवरी फेब्रु फेब्रुवारी बुध बुधवार मंगल मंगलवार मंगळ मंगळवार मई मार्च मे रवि रविवार
        शनि शनिवार शुक्र शुक्रवार सप्टें सप्टेंबर सित सितंबर सोम सोमवार অক্টো অক্টোবর আগ আগস্ট এপ্রি এপ্রিল
        জানু জানুয়ারি জুন জুল জুলাই ডিসে ডিসেম্বর নভে নভেম্বর ফেব ফেব্রুয়ারি বুধ বুধবার বৃহস্পতি
        বৃহস্পতিবার মঙ্গল মঙ্গলবার মার্চ মে রবি রবিবার শনি শনিবার শুক্র শুক্রবার সেপ সেপ্ট সেপ্টেম্বর সোম
        সোমবার ਅਕਤੂ ਅਕਤੂਬਰ ਅਗ ਅਗਸਤ ਅਪ੍ਰੈ ਅਪ੍ਰੈਲ ਐਤ ਐਤਵਾਰ ਜਨ ਜਨਵਰੀ ਜੁਲਾ ਜੁਲਾਈ ਜੂਨ ਦਸੰ ਦਸੰਬਰ ਨਵੰ ਨਵੰਬਰ ਫ਼ਰ
        ਫ਼ਰਵਰੀ ਬੁੱਧ ਬੁੱਧਵਾਰ ਮਈ ਮਾਰਚ ਮੰਗਲ ਮੰਗਲਵਾਰ ਵੀਰ ਵੀਰਵਾਰ ਸਤੰ ਸਤੰਬਰ ਸ਼ਨੀ ਸ਼ਨੀਵਾਰ ਸ਼ੁੱਕਰ ਸ਼ੁੱਕਰਵਾਰ ਸੋਮ
        ਸੋਮਵਾਰ એપ્રિલ ઑક્ટો ઑક્ટોબર ઑગસ્ટ ગુરુ ગુરુવાર જાન્યુ જાન્યુઆરી જુલાઈ જૂન ડિસે ડિસેમ્બર નવે નવેમ્બર
        ફેબ્રુ ફેબ્રુઆરી બુધ બુધવાર મંગળ મંગળવાર માર્ચ મે રવિ રવિવાર શનિ શનિવાર શુક્ર શુક્રવાર સપ્ટે
        સપ્ટેમ્બર સોમ સોમવાર அக் அக்டோபர் ஆக ஆகஸ்ட் ஏப் ஏப்ரல் சனி செப் செப்டம்பர் செவ் செவ்வாய் ஜன ஜனவரி
        ஜூன் ஜூலை ஞாயி ஞாயிறு டிச டிசம்பர் திங் திங்கள் நவ நவம்பர் பிப் பிப்ரவரி புத புதன் மார் மார்ச் மே
        வியா வியாழன் வெள் வெள்ளி అక్టో అక్టోబర్ ఆగ ఆగస్టు ఆది ఆదివారం ఏప్రి ఏప్రిల్ గురు గురువారం జన జనవరి
        జులై జూన్ డిసెం డిసెంబర్ నవం నవంబర్ ఫిబ్ర ఫిబ్రవరి బుధ బుధవారం మంగళ మంగళవారం మార్చి మే శని శనివారం
        శుక్ర శుక్రవారం సెప్టెం సెప్టెంబర్ సోమ సోమవారం ಅಕ್ಟೋ ಅಕ್ಟೋಬರ್ ಆಗ ಆಗಸ್ಟ್ ಏಪ್ರಿ ಏಪ್ರಿಲ್ ಗುರು ಗುರುವಾರ
        ಜನ ಜನವರಿ ಜುಲೈ ಜೂನ್ ಡಿಸೆಂ ಡಿಸೆಂಬರ್ ನವೆಂ ನವೆಂಬರ್ ಫೆಬ್ರ ಫೆಬ್ರವರಿ ಬುಧ ಬುಧವಾರ ಭಾನು ಭಾನುವಾರ ಮಂಗಳ ಮಂಗಳವಾರ
        ಮಾರ್ಚ್ ಮೇ ಶನಿ ಶನಿವಾರ ಶುಕ್ರ ಶುಕ್ರವಾರ ಸೆಪ್ಟೆಂ ಸೆಪ್ಟೆಂಬರ್ ಸೋಮ ಸೋಮವಾರ ഏപ്രി ഏപ്രിൽ ഒക്ടോ ഓഗ ഓഗസ്റ്റ്
        ചൊവ്വ ചൊവ്വാഴ് ചൊവ്വാഴ്ച ജനു ജനുവരി ജൂലൈ ജൂൺ ഞായറാഴ് ഞായർ ടോബർ ഡിസം ഡിസംബർ തിങ്കളാഴ് തിങ്കൾ നവം
        നവംബർ ഫെബ്രു ഫെബ്രുവരി ബുധനാഴ് ബുധൻ മാർ മാർച്ച് മേയ് വെള്ളി വെള്ളിയാഴ് വ്യാഴം വ്യാഴാഴ് ശനി ശനിയാഴ്
        സെപ്റ്റം സെപ്റ്റംബർ กรกฎาคม กันยายน กุมภาพันธ์ จันทร์ ตุลาคม ธันวาคม พฤศจิกายน พฤษภาคม พฤหัส พุธ
        มกราคม มิถุนายน มีนาคม วันจันทร์ วันพฤหัสบดี วันพุธ วันศุกร์ วันอังคาร วันอาทิตย์ วันเสาร์ ศุกร์
        สิงหาคม อังคาร อาทิตย์ เมษายน เสาร์ აგვ აგვისტო აპრ აპრილი დეკ დეკემბერი თებ თებერვალი იან იანვარი
        ივლ ივლისი ივნ ივნისი კვი კვირა მაი მაისი მარ მარტი ნოე ნოემბერი ოთხ ოთხშაბათი ორშ ორშაბათი ოქტ
        ოქტომბერი პარ პარასკევი სამ სამშაბათი სექ სექტემბერი შაბ შაბათი ხუთ ხუთშაბათი 一月 七月 三月 九月 二月 五月 八月
        六月 十一月 十二月 十月 周一 周三 周二 周五 周六 周四 周日 四月 土曜日 日曜日 星期一 星期三 星期二 星期五 星期六 星期四 星期日 月曜日 木曜日 水曜日 火曜日 金曜日 금요일
        목요일 수요일 월요일 일요일 토요일 화요일
        """
}
