"""What people do for a living, in English: to find the persons of a sentence. Written for the
project; folded, singular."""

from __future__ import annotations

from typing import Final

__all__ = ["OCCUPATIONS"]

_LISTED: Final = (
    "accountant actor actress actuary administrator advisor adviser agent analyst announcer "
    "apprentice architect archivist artist assembler assistant astronaut astronomer athlete "
    "attendant attorney auctioneer auditor author baker banker barber barista bartender biologist "
    "blacksmith boss botanist boxer brewer bricklayer broker builder butcher butler buyer captain "
    "caretaker carpenter cashier ceo chauffeur chef chemist chief choreographer civil_servant "
    "cleaner clerk coach collector columnist comedian commander composer conductor "
    "construction_worker consultant contractor cook coroner councillor counselor counsellor "
    "courier critic curator custodian dancer dealer dean decorator dentist deputy designer "
    "detective developer dietitian diplomat director dispatcher diver doctor driver economist "
    "editor educator electrician engineer entrepreneur examiner executive farmer "
    "financial_advisor firefighter fisherman fitter florist foreman forester gardener geologist "
    "goldsmith governor guard guide gynecologist hairdresser handyman head_teacher historian host "
    "housekeeper hunter hygienist illustrator inspector instructor interpreter interviewer "
    "inventor investigator investor janitor jeweller jeweler jockey journalist judge juggler "
    "laborer labourer landlord lawyer lecturer librarian lieutenant lifeguard locksmith machinist "
    "magician manager manicurist mason mathematician mayor mechanic mediator merchant messenger "
    "meteorologist midwife miller miner minister mover musician nanny negotiator newsreader "
    "novelist nurse nutritionist officer operator optician orderly painter paralegal paramedic "
    "pathologist pharmacist philosopher photographer physician physicist pianist pilot planner "
    "playwright plumber poet police_officer policeman politician porter postman practitioner "
    "president priest principal producer professor programmer prosecutor psychiatrist "
    "psychologist publisher ranger realtor receptionist referee reporter representative "
    "researcher roofer sailor salesperson salesman saleswoman scholar scientist sculptor "
    "secretary senator sergeant server shepherd sheriff shoemaker shopkeeper singer social_worker "
    "soldier solicitor specialist stockbroker student supervisor surgeon surveyor tailor teacher "
    "technician teller therapist trader trainer translator treasurer tutor typist umpire "
    "undertaker valet vendor veterinarian veterinary violinist waiter waitress warden watchmaker "
    "weaver welder worker writer zoologist"
)

OCCUPATIONS: Final = frozenset(word.replace("_", " ") for word in _LISTED.split())
