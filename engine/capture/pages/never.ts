/**
 * Sites whose pages are never kept by being read, unless the user asks for one of them. A starting point that anybody can
 * change, not a complete list: what a page is made of (a sign-in, a card's number, a form, an editor, few words), its
 * address (search results, steps of an account, keys) and its network are judged apart, wherever the page is.
 *
 * An entry is a host, which stands for its subdomains too, with a path where only a part is meant. `*` is any part of a
 * name between dots; as the last name it is any country's ending (`google.*` is google.com and google.co.uk); `.**` at
 * the end is whatever follows (`webmail.**`).
 */
export const NEVER_CATEGORIES = [
  'mail',
  'chat',
  'bank',
  'health',
  'government',
  'adult',
  'dating',
  'work',
  'search',
  'account',
] as const;
export type NeverCategory = (typeof NEVER_CATEGORIES)[number];

const list = (text: string): string[] => text.trim().split(/\s+/u);

export const NEVER: Record<NeverCategory, string[]> = {
  mail: list(`
    mail.** webmail.** email.** owa.** roundcube.** inbox.google.com gmail.com outlook.** hotmail.com
    proton.me protonmail.com tuta.com tutanota.com fastmail.com app.hey.com mail.zoho.* icloud.com/mail
    gmx.* web.de/email posteo.de mailbox.org t-online.de/email freenet.de/mail orange.fr/webmail laposte.net
    libero.it/mail o2.pl wp.pl/poczta onet.pl/poczta seznam.cz/email mail.ru mail.yandex.* 163.com/mail qq.com/mail
    naver.com/mail daum.net/mail superhuman.com
  `),
  chat: list(`
    web.whatsapp.com whatsapp.com web.telegram.org messenger.com facebook.com instagram.com/direct discord.com/channels
    app.slack.com slack.com/client teams.microsoft.com teams.live.com teams.cloud.microsoft chat.google.com meet.google.com messages.google.com
    voice.google.com signal.org/web web.skype.com element.io app.element.io matrix.to viber.com line.me web.wechat.com
    wx.qq.com im.qq.com threema.ch/web vk.com/im vk.com/mail ok.ru/messages linkedin.com/messaging x.com/messages x.com/i/chat
    twitter.com/messages reddit.com/chat reddit.com/message snapchat.com/web tiktok.com/messages mattermost.** zoom.us
    webex.com whereby.com bsky.app/messages chatgpt.com claude.ai gemini.google.com chat.deepseek.com aistudio.google.com copilot.microsoft.com grok.com
    chat.mistral.ai poe.com character.ai meta.ai
  `),
  bank: list(`
    bank *bank.* banking.** ebanking.** e-banking.** onlinebanking.** online-banking.** netbank.** netbanking.** homebanking.**
    internetbanking.** bankofamerica.com chase.com wellsfargo.com citi.com capitalone.com usaa.com schwab.com fidelity.com
    vanguard.com ally.com discover.com americanexpress.* amex.* synchrony.com sofi.com chime.com robinhood.com etrade.com
    barclays.* barclaycard.* hsbc.* lloyds*.* natwest.com halifax.co.uk santander.* nationwide.co.uk monzo.com starlingbank.com
    sparkasse.* sparkasse-*.de *sparkasse.de volksbank-*.de vr.de ing.* dkb.de comdirect.de n26.com consorsbank.de bnpparibas*.*
    credit-agricole.fr societegenerale.* labanquepostale.fr boursorama.com boursobank.com bbva.* caixabank.es bankinter.com
    unicredit.* intesasanpaolo.com fineco*.* poste.it abnamro.* rabobank.* bunq.com kbc.be belfius.be ubs.com postfinance.ch
    raiffeisen.* zkb.ch erstegroup.com swedbank.* seb.se nordea.* handelsbanken.* danskebank.* dnb.no pko*.pl mbank.* csob.*
    otpbank.* sberbank.* tinkoff.ru tbank.ru itau.com.br bradesco.* nubank.com.br bancolombia.com bancodechile.cl hdfcbank.com
    icicibank.com onlinesbi.sbi axisbank.com icbc.com.cn ccb.com boc.cn smbc.co.jp mufg.jp rakuten-bank.co.jp dbs.* ocbc.*
    commbank.com.au westpac.com.au anz.* nab.com.au rbc.com rbcroyalbank.com td.com scotiabank.com bmo.com cibc.com
    paypal.* wise.com revolut.* venmo.com cash.app klarna.* dashboard.stripe.com squareup.com skrill.com payoneer.com alipay.* coinbase.com
    binance.* kraken.com bitpanda.com interactivebrokers.* degiro.* traderepublic.com scalable.capital plaid.com ynab.com mint.com
  `),
  health: list(`
    patient.** patients.** mychart.** mychart.com mychart*.* myhealth.** healthvault.** patientportal.** doctolib.* zocdoc.com
    teladoc.* betterhelp.com talkspace.com headway.co kaiserpermanente.org kp.org labcorp.com questdiagnostics.com
    23andme.com ancestry.com/dna nhs.uk/my nhsapp.service.nhs.uk patientaccess.com ameli.fr monespacesante.fr tk.de aok.de barmer.de
    gesund.de elga.gv.at 1177.se sundhed.dk helsenorge.no kanta.fi practo.com plannedparenthood.org clue.app flo.health
    goodrx.com
  `),
  government: list(`
    gov.uk/sign-in tax.service.gov.uk account.gov.uk universal-credit.service.gov.uk irs.gov/account sa.www4.irs.gov ssa.gov/myaccount
    id.me login.gov healthcare.gov studentaid.gov uscis.gov/account turbotax.* turbotax.intuit.com hrblock.com
    elster.de id.bund.de bundid.de impots.gouv.fr franceconnect.gouv.fr service-public.fr/compte agenciatributaria.* agenciatributaria.gob.es
    sede.** clave.gob.es agenziaentrate.gov.it spid.gov.it inps.it belastingdienst.nl mijn.** digid.nl finanzonline.** finanzonline.bmf.gv.at
    oesterreich.gv.at ch.ch/login skatteverket.se skatteetaten.no skat.dk borger.dk vero.fi suomi.fi podatki.gov.pl gosuslugi.ru
    nalog.ru e-devlet.** turkiye.gov.tr gov.br/pt-br/servicos incometax.gov.in uidai.gov.in my.gov.au ato.gov.au canada.ca/my-account
    cra-arc.gc.ca myna.go.jp e-tax.nta.go.jp
  `),
  adult: list(`
    xxx adult porn sex *porn*.* *xxx*.* pornhub.* xvideos.* xnxx.* xhamster.* redtube.* youporn.* brazzers.* onlyfans.com fansly.com
    chaturbate.com stripchat.com bongacams.* livejasmin.* cam4.* rule34.* e-hentai.org nhentai.net hentai*.* *hentai.* literotica.com
    spankbang.* eporner.com erome.com f95zone.to
  `),
  dating: list(`
    tinder.com bumble.com hinge.co grindr.com okcupid.com match.com badoo.* parship.* elitepartner.* lovoo.com meetic.* feeld.co
    plentyoffish.com pof.com eharmony.* happn.com adultfriendfinder.com ashleymadison.com tantanapp.com
  `),
  work: list(`
    intranet.** vpn.** sharepoint.com docs.google.com drive.google.com calendar.google.com contacts.google.com photos.google.com
    keep.google.com classroom.google.com admin.google.com analytics.google.com cloud.google.com/console console.cloud.google.com
    console.aws.amazon.com portal.azure.com admin.microsoft.com onedrive.live.com office.com microsoft365.com m365.cloud.microsoft
    dropbox.com box.com notion.so notion.com coda.io airtable.com atlassian.net trello.com asana.com monday.com clickup.com
    linear.app basecamp.com salesforce.com force.com hubspot.com zendesk.com workday.com myworkday.com successfactors.* personio.*
    bamboohr.com gusto.com adp.com docusign.* figma.com miro.com canva.com overleaf.com/project icloud.com jira.** confluence.**
    grafana.** kibana.** jenkins.** phpmyadmin.** cpanel.** admin.**
  `),
  search: list(`
    google.*/search google.*/webhp google.*/maps google.*/travel maps.google.* images.google.* scholar.google.* news.google.com bing.com
    duckduckgo.com search.brave.com startpage.com ecosia.org qwant.com search.yahoo.* yahoo.co.jp/search baidu.com/s m.baidu.com
    sogou.com so.com yandex.* ya.ru naver.com/search search.naver.com search.daum.net seznam.cz kagi.com search.marginalia.nu
    mojeek.com swisscows.com metager.* perplexity.ai you.com searx.** searxng.** amazon.*/s
    youtube.com/results ebay.*/sch aliexpress.*/wholesale
  `),
  account: list(`
    accounts.** account.** login.** signin.** auth.** sso.** idp.** oauth.** id.apple.com appleid.apple.com myaccount.google.com
    passwords.google.com 1password.* bitwarden.com vault.bitwarden.com lastpass.com dashlane.com keepersecurity.com nordpass.com
    okta.com auth0.com duosecurity.com onelogin.com checkout.** pay.** payment.** payments.** secure.** my.** myaccount.** kundenportal.**
    amazon.*/gp/css amazon.*/gp/your-account amazon.*/hz amazon.*/ap amazon.*/cpe airbnb.*/trips booking.com/mytrips
  `),
};
