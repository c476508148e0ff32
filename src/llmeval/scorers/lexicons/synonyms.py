# ruff: noqa: E501 - word lists
"""Groups of English words that may stand for each other; base forms, our own writing.

A word of a claim that the context lacks is explained if the context holds another of its group. A
group says "may": it joins near-synonyms, so it only removes suspicion and never adds support.
"""

from __future__ import annotations

from typing import Final

__all__ = ["GROUPS"]

GROUPS: Final[tuple[tuple[str, ...], ...]] = tuple(
    tuple(line.split())
    for line in """
say tell state mention report announce declare claim note remark reveal comment express add explain inform speak write admit acknowledge describe indicate
ask inquire question request query wonder
answer reply respond response
explain clarify describe detail outline elaborate define expound illustrate interpret present introduce
discuss talk converse debate deliberate chat conversation discussion speak debate
suggest recommend propose advise advocate hint
offer provide give supply present propose grant deliver
show display demonstrate exhibit reveal present showcase depict
see view observe watch notice witness look spot gaze peer glimpse
think believe consider feel reckon suppose assume opinion
know understand realize recognize aware comprehend
want wish desire hope like seek need
need require must necessary demand essential
plan intend aim scheme arrange prepare schedule
decide choose determine opt select pick resolve agree
agree accept concur consent approve confirm
confirm verify affirm validate acknowledge
call phone contact telephone ring reach dial
meet encounter gather get-together meeting gathering appointment join
help assist aid support assistance
make create produce build construct generate form manufacture
begin start launch commence initiate open kick
end finish conclude complete stop cease terminate close
stop halt pause suspend cease discontinue quit
continue proceed keep remain persist carry
change alter modify adjust transform shift transition switch revise
increase rise grow climb surge raise boost expand elevate higher
decrease fall drop decline reduce lower lessen shrink diminish cut
improve enhance better upgrade boost strengthen
buy purchase acquire get obtain procure
sell market vend trade
get obtain receive acquire gain secure fetch collect
give hand donate provide grant award
send dispatch mail ship transmit deliver
take grab bring carry seize
use utilize employ apply utilise usage
try attempt seek endeavor effort
find discover locate uncover detect identify
search seek hunt look
go travel head move journey visit
travel journey trip voyage trek tour
come arrive reach approach
leave depart exit quit
live reside dwell stay inhabit
work operate function job labor run
job occupation work position role employment post
pay compensate spend cost fee
cost price expense fee charge rate
money cash fund finance
big large huge great enormous massive substantial vast immense sizable giant considerable
small little tiny minor minute modest
good great nice fine excellent positive
bad poor terrible awful negative
important significant crucial vital key essential major critical
main primary chief principal major key central
different various distinct diverse separate varied several multiple range variety array
same identical similar equal alike
many numerous several multiple various lots plenty
fast quick rapid swift speedy
slow gradual
new novel recent fresh modern latest
old aged ancient elderly former
hard difficult tough challenging
easy simple straightforward effortless
happy glad pleased delighted content joyful cheerful
sad unhappy upset sorrowful
angry mad furious irate upset annoyed
afraid scared frightened fearful worried
worry concern anxiety fear
worried concerned anxious nervous
surprise shock astonish amaze stun
interest curious keen interested intrigued
love adore enjoy like fond
hate dislike detest
enjoy like love appreciate
child kid youngster children kids
man guy gentleman male men
woman lady female women
person individual human people folks
people individuals persons public humans folks citizens residents
mother mom mum mama
father dad daddy papa
parent guardian
friend pal buddy companion mate
wife husband spouse partner
boss manager supervisor chief head
leader head chief director president
worker employee staff personnel
doctor physician medic
teacher instructor educator tutor
student pupil learner
client customer buyer consumer shopper
agent representative salesperson seller rep executive
company firm business corporation enterprise organization
organization group association body agency institution
government administration authorities state
official authority officer
police officers cops authorities
soldier troop military army forces
war conflict battle fight combat invasion
fight battle struggle clash
attack assault strike raid bombard invasion incursion
protest demonstration rally march demonstrate
protester activist demonstrator
kill slay murder dead slain
die perish death dead pass
injure hurt wound harm injury
sick ill unwell illness
illness disease sickness ailment
accident crash collision incident
disaster catastrophe tragedy crisis
problem issue trouble difficulty challenge matter
error mistake fault flaw
cause reason lead result trigger prompt
result outcome consequence effect lead
effect impact influence consequence
affect impact influence
allow permit let enable authorize
ban prohibit forbid bar outlaw
prevent stop avoid block hinder
force compel require oblige make
order command instruct direct
rule regulation law policy guideline
law legislation statute act
crime offense felony offence
criminal offender perpetrator
arrest detain apprehend custody
prison jail
court tribunal judge
house home residence dwelling
building structure edifice
street road avenue roadway pavement
city town municipality urban
country nation state land
area region zone district territory location
place location site spot venue
car automobile vehicle auto
vehicle car truck van automobile
plane aircraft airplane jet
ship vessel boat
picture image photo photograph
movie film
show program programme series episode
song track tune music
album record lp
story tale account narrative
book volume novel publication
article piece report story
document text paper file passage
information data details info
idea concept thought notion suggestion
example instance case illustration sample
part portion piece section segment component
kind type sort category form
way method manner approach means technique
aspect feature element facet part
feature characteristic attribute trait include
include contain comprise cover involve encompass incorporate consist feature
focus concentrate center emphasize
cover protect include
protect guard defend safeguard shield
coverage insurance protection plan policy cover
plan policy package option product
option choice alternative selection
benefit advantage perk
goal aim objective target purpose
chance opportunity possibility prospect
time period moment duration
day date
year annual yearly
month monthly
week weekly
hour hourly
daily everyday
start beginning outset
early soon
late recent
often frequently regularly commonly
usually generally normally typically commonly
always constantly forever
quickly rapidly swiftly promptly
immediately instantly promptly right
finally eventually ultimately
currently now presently today
previously before earlier formerly
later afterwards afterward subsequently after
about approximately around roughly nearly almost
more additional further extra
enough sufficient adequate
famous well-known renowned popular celebrated
popular favorite beloved liked preferred favourite
beautiful pretty lovely gorgeous attractive
strange odd weird unusual peculiar unconventional
special unique particular distinct specific
clear obvious evident apparent plain
certain sure definite confident
true accurate correct right real
wrong incorrect false mistaken
safe secure protected
dangerous hazardous risky unsafe perilous
risk danger threat hazard
rich wealthy affluent
cheap inexpensive affordable
expensive costly pricey
free complimentary gratis
full complete entire whole total
empty vacant
open available accessible
available accessible offered
busy occupied engaged
ready prepared set
strong powerful robust mighty
weak feeble frail
hot warm heated
cold cool chilly
bright vivid shining glowing radiant brilliant
dark dim gloomy
quiet silent calm peaceful
loud noisy
clean tidy neat
dirty filthy unclean
eat consume dine
food meal dish cuisine
drink beverage sip
sleep rest nap
wear dress clothe
clothes clothing outfit apparel attire garment
sport game athletics
game match contest
win triumph victory
win earn gain
lose defeat loss
team squad group club
player athlete
school academy college
university college
learn study discover
teach instruct educate train
train practice exercise coach
class course lesson
test exam trial
research study investigation analysis
scientist researcher expert scholar
expert specialist professional
study examine analyze investigate research review
check verify inspect examine
look gaze glance
remember recall recollect
forget overlook
wait await expect
expect anticipate await predict
predict forecast
hear listen
listen hear attend
read peruse
write compose pen author
author writer novelist
singer vocalist musician
actor actress performer star
perform act play execute conduct carry
play perform
run manage operate lead
lead head guide direct
manage handle run control
control manage regulate command
follow pursue track obey
join enter participate attend enroll
attend visit participate
invite ask welcome
thank grateful appreciate gratitude
apologize sorry regret
complain criticize object grumble
criticize condemn denounce slam blame
praise commend applaud compliment
accuse blame charge allege
deny reject refute dispute
refuse reject decline
reject decline refuse turn dismiss
fix repair mend correct
break damage destroy smash
damage harm hurt destroy
destroy demolish ruin wreck
collapse crumble fall cave
fall drop tumble plunge
jump leap hop
throw toss hurl
put place set lay
remove delete eliminate erase uninstall
add include append insert
join connect link attach
link connect tie relation
separate divide split
share distribute divide post
spread distribute expand extend
send forward
keep retain hold maintain preserve
save rescue preserve
store keep shop
shop store market
hide conceal
reveal expose disclose uncover unveil
close shut
shut close
build construct erect
grow develop expand cultivate
develop create evolve build
evolve develop
happen occur take arise
event occasion incident happening
party celebration gathering
celebrate commemorate honor
honor honour respect
respect admire esteem
trust believe rely
hope wish expect
dream aspire
fear dread
promise pledge vow guarantee
warn caution alert
urge encourage press call
encourage urge motivate inspire
persuade convince
argue contend claim debate assert
prove demonstrate show
evidence proof
sign indication signal
signal sign
symbol emblem
name title call
title name
call name
number amount figure quantity
amount quantity sum
level degree rate
size dimension scale
high tall elevated
long lengthy extended
short brief
wide broad extensive
deep profound
thin slim slender
thick dense
gunman shooter attacker
weapon gun arms
bomb explosive
explosion blast
fire blaze flame
flood deluge
storm hurricane cyclone
rain shower precipitation
snow snowfall
sea ocean
river stream
mountain peak hill
forest woods woodland
tree plant
animal creature beast
dog puppy hound
cat kitten
baby infant newborn
birth born
marry wed marriage
wedding marriage ceremony
funeral burial
religion faith belief
god deity
church temple
space cosmos universe
planet world earth
world globe earth global
international global worldwide
local regional nearby
near close nearby
far distant remote
far-off distant
inside within interior
outside exterior outdoors
front ahead
back rear behind
between among
heart core center
center centre middle core
edge border boundary
border frontier boundary
path route way track trail
direction instruction guidance
instructions directions guidelines
tool instrument device aid
device gadget tool
machine device apparatus
computer pc laptop
phone cellphone smartphone mobile
app application software program
website site webpage
internet web online
message text note
email mail
letter note
post publish share
publish release issue
release launch issue publish
issue problem matter
account profile
user member customer
member participant
host presenter anchor
podcast show episode
episode installment
audience viewers listeners crowd
crowd mass throng
group team band
band group
""".strip().splitlines()
)
